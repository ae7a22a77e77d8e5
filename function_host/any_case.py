"""Names that count in any case, as in .NET's configuration."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

T = TypeVar("T", covariant=True)


class AnyCase(Mapping[str, T]):
    """A mapping whose names are found in any case, the exact one first; they are listed as they were given."""

    def __init__(self, values: Mapping[str, T]) -> None:
        self._values = dict(values)
        self._folded = {name.lower(): value for name, value in values.items()}

    def __getitem__(self, name: str) -> T:
        return self._values[name] if name in self._values else self._folded[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(self._values)


def over(values: Mapping[str, T], defaults: Mapping[str, T]) -> AnyCase[T]:
    """`values`, and those of `defaults` whose names are not among them in any case."""
    known = {name.lower() for name in values}
    return AnyCase({**{name: value for name, value in defaults.items() if name.lower() not in known}, **values})
