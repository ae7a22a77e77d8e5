"""What an object is asked to be and is not; a cluster adds much of its own, which is no difference."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_KEYS = ("name", "topologyKey")
"""What an entry of a list is known by, where a cluster merges lists."""
_SETTINGS = ".env"
"""What settings hold is not shown, secret or not."""
_MISSING = object()
Difference = tuple[str, str]


def differences(wanted: Mapping[str, Any], actual: Mapping[str, Any], *, whole: bool = False) -> dict[str, str]:
    """Path -> `1 -> 2`, `added`, `removed` or `changed`; empty when `actual` is as wanted.

    What only `actual` has is no difference unless both say it `whole`.
    """
    return dict(_Comparison(whole=whole).mapping(wanted, actual, ""))


class _Comparison:
    def __init__(self, *, whole: bool) -> None:
        self._whole = whole

    def mapping(self, wanted: Mapping[str, Any], actual: Mapping[str, Any], path: str) -> Iterator[Difference]:
        for key, value in wanted.items():
            yield from self._value(value, actual.get(key, _MISSING), f"{path}.{key}".lstrip("."))
        if self._whole:
            yield from ((f"{path}.{key}".lstrip("."), "removed") for key in actual if key not in wanted)

    def _value(self, wanted: Any, actual: Any, path: str) -> Iterator[Difference]:
        if isinstance(wanted, Mapping):
            if self._whole and not wanted and actual is _MISSING:
                yield path, "added"
            yield from self.mapping(wanted, actual if isinstance(actual, Mapping) else {}, path)
        elif isinstance(wanted, Sequence) and not isinstance(wanted, str):
            yield from self._list(wanted, [] if actual is _MISSING else actual, path)
        elif wanted == "" and actual is _MISSING and not self._whole:
            # A cluster leaves out texts without a character.
            return
        elif wanted != actual:
            yield path, f"{'nothing' if actual is _MISSING else repr(actual)} -> {wanted!r}"

    def _list(self, wanted: Sequence[Any], actual: Sequence[Any], path: str) -> Iterator[Difference]:
        key = _key([*wanted, *actual])
        if key:
            yield from self._known(_by(key, wanted), _by(key, actual), path)
        elif len(wanted) != len(actual):
            yield path, f"{len(actual)} -> {len(wanted)} entries"
        else:
            for index, (one, other) in enumerate(zip(wanted, actual, strict=True)):
                yield from self._value(one, other, f"{path}[{index}]")

    def _known(self, wanted: Mapping[str, Any], actual: Mapping[str, Any], path: str) -> Iterator[Difference]:
        """Entries that are known by a name have no order."""
        is_setting = path.endswith(_SETTINGS)
        for name, each in wanted.items():
            inner = name if is_setting else f"{path}[{name}]"
            if name not in actual:
                yield inner, "added"
            elif not is_setting:
                yield from self.mapping(each, actual[name], inner)
            elif any(True for _ in self.mapping(each, actual[name], inner)):
                yield inner, "changed"
        if self._whole:
            for name in actual:
                if name not in wanted:
                    yield name if is_setting else f"{path}[{name}]", "removed"


def _by(key: str, entries: Sequence[Any]) -> dict[str, Any]:
    return {str(each[key]): each for each in entries}


def _key(entries: Sequence[Any]) -> str:
    """Empty where the entries of a list have no name."""
    known = [key for key in _KEYS if entries and all(isinstance(each, Mapping) and key in each for each in entries)]
    return known[0] if known else ""
