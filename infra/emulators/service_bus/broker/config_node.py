"""One place in a JSON document, read with all problems collected instead of the first one raised."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, Self, TypeVar

import isodate

T = TypeVar("T", int, timedelta)


@dataclass(frozen=True, slots=True)
class Range(Generic[T]):
    """From the least to the most, both included."""

    least: T
    most: T

    def __contains__(self, value: T) -> bool:
        return self.least <= value <= self.most

    def __str__(self) -> str:
        return f"{_text(self.least)} to {_text(self.most)}"


@dataclass(slots=True)
class Node:
    """An object in the document. What is wrong is noted in `problems`, and a default goes on in its place."""

    place: str
    values: Mapping[str, object]
    problems: list[str]
    _children: list["Node"] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)

    @classmethod
    def root(cls, document: Mapping[str, object]) -> Self:
        return cls("$", document, [])

    def unknown(self) -> list[str]:
        """The places of keys that nobody asked for, here and below."""
        here = [f"{self.place}.{key}" for key in self.values if key not in self._known]
        return here + [place for child in self._children for place in child.unknown()]

    def problem(self, key: str, allowed: str) -> None:
        self.problems.append(f"{self.place}.{key} is {self.values.get(key)!r}; {allowed}.")

    def child(self, key: str, *, required: bool = False) -> "Node | None":
        """The object under the key, None when there is none."""
        value = self._get(key)
        if isinstance(value, dict):
            return self._child(f"{self.place}.{key}", value)
        if value is not None or required:
            self.problem(key, "it must be an object")
        return None

    def children(self, key: str, counts: Range[int], *, required: bool = False) -> Iterator["Node"]:
        """The objects in the list under the key."""
        value = self._get(key)
        if value is None and not required:
            return
        if not isinstance(value, list) or len(value) not in counts:
            found = f"a list of {len(value)}" if isinstance(value, list) else repr(value)
            self.problems.append(f"{self.place}.{key} is {found}; it must be a list of {counts} objects.")
            return
        for index, each in enumerate(value):
            place = f"{self.place}.{key}[{index}]"
            if isinstance(each, dict):
                yield self._child(place, each)
            else:
                self.problems.append(f"{place} is {each!r}; it must be an object.")

    def text(self, key: str, *, required: bool = False, allowed: Collection[str] = ()) -> str | None:
        """None when there is none; an empty one is none, as samples write it for names of nothing."""
        value = self._get(key)
        if value in (None, "") and not required:
            return None
        if not isinstance(value, str) or not value or (allowed and value not in allowed):
            choices = " or ".join(repr(choice) for choice in allowed)
            self.problem(key, f"it must be {choices}" if allowed else "it must be a text that is not empty")
            return None
        return value

    def flag(self, key: str) -> bool:
        value = self._get(key)
        if value is not None and not isinstance(value, bool):
            self.problem(key, "it must be true or false")
        return value is True

    def number(self, key: str, default: int, allowed: Range[int]) -> int:
        value = self._get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
            self.problem(key, f"it must be a whole number from {allowed}")
            return default
        return value

    def duration(self, key: str, default: timedelta, allowed: Range[timedelta]) -> timedelta:
        value = self._get(key)
        if value is None:
            return default
        duration = _duration(value)
        if duration is None or duration not in allowed:
            self.problem(key, f"it must be an ISO 8601 duration from {allowed}")
            return default
        return duration

    def plain_values(self) -> dict[str, object]:
        """The whole object, whose names are free and whose values are texts, numbers and truth values."""
        self._known.update(self.values)
        for name, value in self.values.items():
            if not isinstance(value, str | int | float | bool):
                self.problem(name, "it must be a text, a number, true or false")
        return dict(self.values)

    def _child(self, place: str, values: Mapping[str, object]) -> "Node":
        node = Node(place, values, self.problems)
        self._children.append(node)
        return node

    def _get(self, key: str) -> object:
        self._known.add(key)
        return self.values.get(key)


def _duration(value: object) -> timedelta | None:
    """None for what is no duration, and for months and years, which have no fixed length."""
    try:
        duration = isodate.parse_duration(value) if isinstance(value, str) else None
    except (isodate.ISO8601Error, ValueError, OverflowError):
        return None
    return duration if isinstance(duration, timedelta) else None


def _text(value: int | timedelta) -> str:
    return isodate.duration_isoformat(value) if isinstance(value, timedelta) else str(value)
