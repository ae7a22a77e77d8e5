"""Blob paths such as `input/{name}.json`: match a blob against one, fill one with values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from triggers.errors import InvalidPath
from triggers.path_builtins import BUILT_INS

_CONTAINER = re.compile(r"\$root|\$web|[a-z0-9](?:-?[a-z0-9]){2,62}")
_TOKEN = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}]*)\}|(?P<brace>[{}])")
_EXPRESSION = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)(?::(?P<format>.*))?", re.DOTALL)
_LONGEST_NAME = 1024


@dataclass(frozen=True, slots=True)
class Placeholder:
    """`{name}` or `{name:format}` in a path."""

    name: str
    format: str = ""


Token = str | Placeholder


@dataclass(frozen=True, slots=True)
class BlobPath:
    """A path `container/blob` whose parts may be placeholders, taken apart."""

    text: str
    tokens: tuple[Token, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """An output path; raises InvalidPath when it names no container and blob or its braces are odd."""
        path = cls(text=text, tokens=_tokens(text))
        container, slash, blob = text.partition("/")
        if not container or not slash or not blob:
            raise InvalidPath(
                f"Blob path {text!r} must be a container, a slash and a blob name, as in 'output/{{name}}.json'."
            )
        if "{" not in container:
            _check_container(container, text)
        return path

    @classmethod
    def parse_trigger(cls, text: str) -> Self:
        """A path to wait at; the container must be spelt out, and without a blob part every blob matches.

        Raises InvalidPath, also for a placeholder that appears twice, has a format or a dotted name.
        """
        container, slash, blob = text.partition("/")
        if "{" in container or "}" in container:
            raise InvalidPath(f"Blob path {text!r} must start with a container's own name, not a placeholder.")
        _check_container(container, text)
        if slash and not blob:
            raise InvalidPath(f"Blob path {text!r} ends after its container; write {container!r} or add a blob name.")
        path = cls(text=text, tokens=_tokens(text) if slash else (f"{container}/", Placeholder("")))
        path._check_captures()
        return path

    def _check_captures(self) -> None:
        seen: set[str] = set()
        for token in self.tokens:
            if not isinstance(token, Placeholder):
                continue
            if token.format or "." in token.name:
                raise InvalidPath(f"Blob path {self.text!r} cannot capture {{{token.name}}}; use a plain name.")
            if token.name.lower() in seen:
                raise InvalidPath(f"Blob path {self.text!r} captures {{{token.name}}} twice; use two names.")
            seen.add(token.name.lower())

    @property
    def container(self) -> str:
        """What stands before the first slash."""
        return self.text.partition("/")[0]

    @property
    def names(self) -> tuple[str, ...]:
        """The placeholders' names in order."""
        return tuple(token.name for token in self.tokens if isinstance(token, Placeholder) and token.name)

    @property
    def prefix(self) -> str:
        """What the name of every matching blob begins with: a filter for listings."""
        literal = self.tokens[0] if isinstance(self.tokens[0], str) else ""
        return literal.partition("/")[2]

    def matcher(self) -> re.Pattern[str]:
        """The expression that a blob's `container/name` must match in full, one group per placeholder.

        Case matters, and a capture is greedy and crosses slashes and lines, as in Azure.
        """
        return re.compile(
            "".join(re.escape(part) if isinstance(part, str) else "(.*)" for part in self.tokens), re.DOTALL
        )

    def match(self, path: str) -> dict[str, str] | None:
        """The captures of `container/name`, or None when it does not match."""
        found = self.matcher().fullmatch(path)
        return None if found is None else self.captures(found)

    def captures(self, found: re.Match[str]) -> dict[str, str]:
        """The captures of a match of `matcher()` by name."""
        return dict(zip(self.names, found.groups(), strict=False))

    def fill(self, values: Mapping[str, object]) -> tuple[str, str]:
        """Container and blob name with every placeholder replaced by its value; names ignore case.

        Raises InvalidPath when a value is missing or is no plain text or number, or the result is no blob name.
        """
        filled = "".join(part if isinstance(part, str) else _value(part, values, self.text) for part in self.tokens)
        container, _, blob = filled.partition("/")
        _check_container(container, filled)
        check_blob_name(blob, filled)
        return container, blob

    def overlaps(self, other: "BlobPath") -> bool:
        """Could one blob match both paths? Placeholders are taken for any text."""
        return _overlap(_characters(self.tokens), _characters(other.tokens))


def fill_text(text: str, values: Mapping[str, object]) -> str:
    """`text` with every placeholder replaced by its value, as BlobPath.fill does it; raises InvalidPath."""
    return "".join(part if isinstance(part, str) else _value(part, values, text) for part in _tokens(text))


def check_blob_name(name: str, path: str) -> None:
    """Raise InvalidPath unless Azure would take `name` for a blob."""
    if not name or len(name) > _LONGEST_NAME or "\\" in name or name.endswith((".", "/")):
        raise InvalidPath(
            f"{path!r} is no blob path: a blob name has 1 to {_LONGEST_NAME} characters, no backslash, "
            "and does not end in a dot or a slash."
        )


def _check_container(container: str, path: str) -> None:
    if not _CONTAINER.fullmatch(container) or len(container) > 63:
        raise InvalidPath(
            f"{path!r} names the container {container!r}: a container has 3 to 63 lower-case letters, digits "
            "and single hyphens."
        )


def _tokens(text: str) -> tuple[Token, ...]:
    tokens: list[Token] = [""]
    end = 0
    for found in _TOKEN.finditer(text):
        literal = text[end : found.start()]
        end = found.end()
        if found["brace"]:
            raise InvalidPath(f"The path {text!r} has a single {found['brace']!r}; write it twice to mean itself.")
        if found["name"] is None:
            literal += found.group()[0]
        tokens[-1] = f"{tokens[-1]}{literal}"
        if found["name"] is not None:
            tokens += [_placeholder(found["name"], text), ""]
    tokens[-1] = f"{tokens[-1]}{text[end:]}"
    return tuple(token for token in tokens if token != "") or ("",)


def _placeholder(inside: str, text: str) -> Placeholder:
    found = _EXPRESSION.fullmatch(inside)
    if found is None:
        raise InvalidPath(
            f"The path {text!r} has {{{inside}}}: a name starts with a letter or underscore and goes on with "
            "letters, digits, underscores, dots and hyphens."
        )
    return Placeholder(found["name"], found["format"] or "")


def _value(part: Placeholder, values: Mapping[str, object], path: str) -> str:
    name = part.name.lower()
    value = _lookup(name, values)
    if value is None and name in BUILT_INS:
        return BUILT_INS[name](part.format)
    if value is None:
        known = ", ".join(sorted(values)) or "none"
        raise InvalidPath(f"No value for {{{part.name}}} in {path!r}; the known names are {known}.")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise InvalidPath(f"{{{part.name}}} in {path!r} is a {type(value).__name__}, not text or a number.")


def _lookup(name: str, values: Mapping[str, object]) -> object:
    """The value of a possibly dotted name: `properties.contentlength` looks into `Properties`."""
    for key, value in values.items():
        lower = key.lower()
        if lower == name:
            return value
        if name.startswith(f"{lower}.") and isinstance(value, Mapping):
            return _lookup(name[len(lower) + 1 :], value)
    return None


def _characters(tokens: tuple[Token, ...]) -> list[str]:
    """One entry per literal character and "" per placeholder."""
    return [part for token in tokens for part in (list(token) if isinstance(token, str) else [""])]


def _overlap(first: list[str], second: list[str]) -> bool:
    """Do two patterns of characters and wildcards ("") share a text? One row of the usual table at a time."""
    row = [True] + [False] * len(second)
    for column, part in enumerate(second, start=1):
        row[column] = row[column - 1] and part == ""
    for one in first:
        above, row = row, [row[0] and one == ""]
        for column, other in enumerate(second, start=1):
            if one == "" or other == "":
                row.append(above[column] or row[column - 1])
            else:
                row.append(above[column - 1] and one == other)
    return row[-1]
