"""Which route answers a path: the most precise template first, then first come first served."""

from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from function_host.errors import AppLoadError
from function_host.http.templates import Matcher, compile_template, precedence
from triggers.asgi import ASGIApp


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One template with what answers there."""

    template: str
    app: ASGIApp
    methods: frozenset[str]
    """Upper case; empty means every method."""
    auth_level: str
    function: str
    precedence: tuple[int, ...]
    """The lower of two is asked first."""
    matches: Matcher = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A route and the parameters its template found in the path."""

    route: Route
    parameters: Mapping[str, str]


class RouteTable:
    """Every route of the host. Routes without parameters are found by one lookup; the others by precedence."""

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
            precedence=precedence(template),
            matches=compile_template(template),
        )
        known = self._patterns if "{" in template else self._fixed.setdefault(template.lower(), [])
        for other in known:
            if other.template.lower() == template.lower() and _overlap(other.methods, route.methods):
                raise AppLoadError(
                    f"The route {template!r} of function {function!r} is that of function {other.function!r} already."
                )
        insort(known, route, key=lambda other: other.precedence)

    def find(self, method: str, path: str) -> Match | None:
        """The most precise route for `path` that takes `method`; a route with other methods is no match."""
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
