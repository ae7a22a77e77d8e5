"""Route templates as Azure writes them: `items/{id:int?}`, `page/{n=1}`, `{name}.{ext}`, `{*rest}`."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from function_host.errors import AppLoadError
from function_host.http.constraints import Check, constraint

Matcher = Callable[[str], Mapping[str, str] | None]

# A doubled brace stands for itself, inside a parameter too.
_TOKEN = re.compile(r"(?P<slash>/)|(?P<literal>(?:[^{}/]|\{\{|\}\})+)|\{(?P<parameter>(?:[^{}]|\{\{|\}\})+)\}")
_NAME = re.compile(r"(?P<all>\*{0,2})(?P<name>[^{}*:=?/()\s]+)")
# An argument ends at the bracket that another constraint, a default value or nothing follows.
_CONSTRAINT = re.compile(r":(?P<name>\w+)(?:\((?P<argument>.*?)\)(?=:\w|=|\Z))?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parameter:
    name: str
    checks: Sequence[Check] = ()
    default: str | None = None
    is_optional: bool = False
    is_rest: bool = False

    @property
    def may_miss(self) -> bool:
        return self.is_optional or self.is_rest or self.default is not None


_Part = str | _Parameter


@dataclass(slots=True, kw_only=True)
class _Parsed:
    segments: list[list[_Part]] = field(default_factory=lambda: [[]])

    @property
    def parameters(self) -> Sequence[_Parameter]:
        return [part for segment in self.segments for part in segment if isinstance(part, _Parameter)]


def compile_template(template: str) -> Matcher:
    """A function from a path without outer slashes to its parameters, or None when it does not match.

    Raises AppLoadError for a broken template.
    """
    parsed = _parse(template)
    _check(parsed, template)
    parameters = parsed.parameters
    pattern = "".join(_segment(segment, first=index == 0) for index, segment in enumerate(parsed.segments))
    compiled = re.compile(pattern + r"\Z", re.IGNORECASE | re.DOTALL)

    def match(path: str) -> Mapping[str, str] | None:
        found = compiled.match(path)
        if found is None:
            return None
        pairs = zip(parameters, found.groups(), strict=True)
        values = {p.name: text if text or p.default is None else p.default for p, text in pairs}
        if not all(check(text) for p in parameters for check in p.checks if (text := values[p.name]) is not None):
            return None
        return {name: text for name, text in values.items() if text is not None}

    return match


def precedence(template: str) -> tuple[int, ...]:
    """What orders templates that match one path: literals before constrained, free and catch-all parameters."""
    return tuple(_rank(segment) for segment in _parse(template).segments)


def _rank(segment: Sequence[_Part]) -> int:
    if all(isinstance(part, str) for part in segment):
        return 1
    (first, *others) = segment
    if others or not isinstance(first, _Parameter):
        return 2
    return (4 if first.is_rest else 2) + (0 if first.checks else 1)


def _parse(template: str) -> _Parsed:
    parsed, place = _Parsed(), 0
    while place < len(template):
        token = _TOKEN.match(template, place)
        if token is None:
            raise _broken(template, template[place:])
        place = token.end()
        if token["slash"]:
            parsed.segments.append([])
        elif token["literal"]:
            parsed.segments[-1].append(_single_braces(token["literal"]))
        else:
            parsed.segments[-1].append(_parameter(token["parameter"], template))
    return parsed


def _parameter(text: str, template: str) -> _Parameter:
    head = _NAME.match(text)
    if head is None:
        raise _broken(template, f"{{{text}}}")
    rest, is_optional = text[head.end() :], text.endswith("?")
    rest = rest.removesuffix("?")
    checks: list[Check] = []
    while (found := _CONSTRAINT.match(rest)) is not None:
        rest = rest[found.end() :]
        argument = found["argument"]
        try:
            checks.append(constraint(found["name"], None if argument is None else _single_braces(argument)))
        except ValueError as error:
            raise AppLoadError(f"The route {template!r} {error}") from error
    has_default = rest.startswith("=")
    if (rest and not has_default) or (has_default and is_optional):
        raise _broken(template, f"{{{text}}}")
    default = rest[1:] if has_default else None
    return _Parameter(
        name=head["name"], checks=checks, default=default, is_optional=is_optional, is_rest=bool(head["all"])
    )


def _check(parsed: _Parsed, template: str) -> None:
    names = [parameter.name.lower() for parameter in parsed.parameters]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise AppLoadError(f"The route {template!r} has the parameter {twice!r} twice; give one of them another name.")
    for index, segment in enumerate(parsed.segments):
        wrong = _wrong(segment, is_last=index == len(parsed.segments) - 1)
        if wrong:
            raise AppLoadError(f"The route {template!r} {wrong}")


def _wrong(segment: Sequence[_Part], *, is_last: bool) -> str:
    parameters = [part for part in segment if isinstance(part, _Parameter)]
    rest = next((parameter.name for parameter in parameters if parameter.is_rest), None)
    if rest is not None and (len(segment) > 1 or not is_last):
        return f"goes on beside {{*{rest}}}, which takes the rest of the path; put it last, alone between slashes."
    if any(isinstance(one, _Parameter) and isinstance(two, _Parameter) for one, two in pairwise(segment)):
        return "has two parameters side by side; put text between them."
    optional = next((parameter.name for parameter in parameters if parameter.is_optional), None)
    if optional is not None and len(segment) > 1 and not _has_optional_extension(segment):
        return f"has the optional parameter {optional!r} beside other text; only a dot may stand before it."
    return ""


def _has_optional_extension(segment: Sequence[_Part]) -> bool:
    """As in `{name}.{extension?}`, where the dot goes with what may be left out."""
    last = segment[-1]
    return isinstance(last, _Parameter) and last.is_optional and segment[-2:-1] == ["."]


def _segment(segment: Sequence[_Part], *, first: bool) -> str:
    slash = "" if first else "/"
    if len(segment) == 1 and isinstance(segment[0], _Parameter):
        parameter = segment[0]
        group = f"{slash}({'.*' if parameter.is_rest else '[^/]+'})"
        return f"(?:{group})?" if parameter.may_miss else group
    if segment and _has_optional_extension(segment):
        return slash + _mixed(segment[:-2], lazy=True) + r"(?:\.([^/.]+))?"
    return slash + _mixed(segment)


def _mixed(segment: Sequence[_Part], *, lazy: bool = False) -> str:
    group = "([^/]+?)" if lazy else "([^/]+)"
    return "".join(re.escape(part) if isinstance(part, str) else group for part in segment)


def _single_braces(text: str) -> str:
    return text.replace("{{", "{").replace("}}", "}")


def _broken(template: str, part: str) -> AppLoadError:
    return AppLoadError(
        f"The route {template!r} cannot be read at {part!r}; a parameter looks like {{id}}, {{id:int}}, {{id?}}, "
        "{id=1} or {*rest}."
    )
