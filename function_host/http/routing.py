"""Route templates as Azure writes them (`items/{id:int?}`, `{*rest}`), matched first come first served."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from function_host.errors import AppLoadError
from triggers.asgi import ASGIApp

_SEGMENT = re.compile(r"^\{(?P<all>\*)?(?P<name>[A-Za-z_]\w*)(?P<constraints>(:[^{}?=]+)*)(?P<optional>\?)?\}$")

_CONSTRAINTS: Mapping[str, str] = {
    "int": r"[+-]?\d+",
    "long": r"[+-]?\d+",
    "bool": r"(?:true|false)",
    "alpha": r"[A-Za-z]+",
    "guid": r"\{?[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\}?",
    "decimal": r"[+-]?\d+(?:\.\d+)?",
    "double": r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?",
    "float": r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One template with what answers there."""

    template: str
    app: ASGIApp
    methods: frozenset[str]
    """Upper case; empty means every method."""
    auth_level: str
    function: str
    matches: Callable[[str], Mapping[str, str] | None] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A route and the parameters its template found in the path."""

    route: Route
    parameters: Mapping[str, str]


class RouteTable:
    """Every route of the host. Routes without parameters are found by one lookup; the others in order."""

    def __init__(self) -> None:
        self._fixed: dict[str, list[Route]] = {}
        self._patterns: list[Route] = []

    def add(self, template: str, app: ASGIApp, *, methods: Sequence[str], auth_level: str, function: str) -> None:
        """Add a route; its template has no leading slash. Raises AppLoadError for a broken template."""
        template = template.strip("/")
        route = Route(
            template=template,
            app=app,
            methods=frozenset(method.upper() for method in methods),
            auth_level=auth_level.lower(),
            function=function,
            matches=compile_template(template),
        )
        known = self._patterns if "{" in template else self._fixed.setdefault(template.lower(), [])
        for other in known:
            if other.template.lower() == template.lower() and _overlap(other.methods, route.methods):
                raise AppLoadError(
                    f"The route {template!r} of function {function!r} is that of function {other.function!r} already."
                )
        known.append(route)

    def find(self, method: str, path: str) -> Match | None:
        """The first route for `path` that takes `method`; a route with other methods is no match."""
        path = path.strip("/")
        for route in self._fixed.get(path.lower(), ()):
            if not route.methods or method in route.methods:
                return Match(route=route, parameters={})
        for route in self._patterns:
            if not route.methods or method in route.methods:
                parameters = route.matches(path)
                if parameters is not None:
                    return Match(route=route, parameters=parameters)
        return None


def _overlap(some: frozenset[str], others: frozenset[str]) -> bool:
    return not some or not others or bool(some & others)


def compile_template(template: str) -> Callable[[str], Mapping[str, str] | None]:
    """A function from a path without outer slashes to its parameters, or None when it does not match."""
    pattern = re.compile("".join(_segments(template)) + "$", re.IGNORECASE)

    def match(path: str) -> Mapping[str, str] | None:
        found = pattern.match(path)
        return None if found is None else {k: v for k, v in found.groupdict().items() if v is not None}

    return match


def _segments(template: str) -> Sequence[str]:
    parts = template.split("/") if template else []
    return [_segment(part, template, first=index == 0) for index, part in enumerate(parts)]


def _segment(part: str, template: str, *, first: bool) -> str:
    slash = "" if first else "/"
    if "{" not in part and "}" not in part:
        return slash + re.escape(part)
    found = _SEGMENT.match(part)
    if found is None:
        raise AppLoadError(
            f"The route {template!r} has the segment {part!r}; "
            "a parameter looks like {id}, {id:int}, {id?} or {*rest}."
        )
    value = ".*" if found["all"] else _constrained(found["constraints"], template)
    group = f"{slash}(?P<{found['name']}>{value})"
    return f"(?:{group})?" if found["optional"] or found["all"] else group


def _constrained(constraints: str, template: str) -> str:
    pattern = "[^/]+"
    for constraint in constraints.split(":")[1:]:
        if constraint not in _CONSTRAINTS:
            known = ", ".join(sorted(_CONSTRAINTS))
            raise AppLoadError(f"The route {template!r} has the constraint {constraint!r}; known are {known}.")
        pattern = f"(?={_CONSTRAINTS[constraint]}(?:/|$))[^/]+"
    return pattern
