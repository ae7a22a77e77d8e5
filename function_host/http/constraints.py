"""The constraints of route parameters (`int`, `length(1,3)`, `regex(...)`), as ASP.NET's routing understands them."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

Check = Callable[[str], bool]
"""Does the text of a parameter fulfil its constraint?"""

_INTEGER = re.compile(r"\s*[+-]?[0-9]+\s*")
_NUMBER = re.compile(r"\s*[+-]?(?=[.,]*[0-9])[0-9,]*(?:\.[0-9]*)?\s*[+-]?\s*")
_FLOAT = re.compile(r"\s*(?:[+-]?(?=[.,]*[0-9])[0-9,]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|nan|[+-]?infinity)\s*", re.I)
_HEX = r"[0-9A-Fa-f]"
_DASHED = f"{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}"
_GUID = re.compile(rf"\s*(?:{_HEX}{{32}}|{_DASHED}|\{{{_DASHED}\}}|\({_DASHED}\))\s*")
_LARGEST_DECIMAL = 2**96 - 1
_DATES = ("%m/%d/%Y", "%Y/%m/%d", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%Y-%m-%d")
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M%p", " %I:%M %p", " %I:%M:%S %p")


def constraint(name: str, argument: str | None) -> Check:
    """The constraint `name`, or `name(argument)`; raises ValueError with a sentence for one that is none."""
    key = name.lower()
    if argument is None and key in _PLAIN:
        return _PLAIN[key]
    if argument is not None and key == "regex":
        return _regex(argument)
    if argument is not None and key in _COUNTED:
        counts, make = _COUNTED[key]
        return make(*_numbers(name, argument, counts))
    known = ", ".join(sorted((*_PLAIN, "regex(...)", *(f"{known}(...)" for known in _COUNTED))))
    raise ValueError(f"has the constraint {name if argument is None else f'{name}({argument})'!r}; known are {known}.")


def _numbers(name: str, argument: str, counts: Sequence[int]) -> Sequence[int]:
    parts = argument.split(",")
    if len(parts) not in counts or not all(_INTEGER.fullmatch(part) for part in parts):
        wanted = " or ".join(map(str, counts))
        raise ValueError(f"has the constraint {f'{name}({argument})'!r}, which takes {wanted} whole numbers.")
    numbers = [int(part) for part in parts]
    if numbers != sorted(numbers):
        raise ValueError(f"has the constraint {f'{name}({argument})'!r}, whose first number must not be the larger.")
    return numbers


def _regex(pattern: str) -> Check:
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"has the constraint {f'regex({pattern})'!r}, which cannot be read: {error}.") from error
    return lambda text: compiled.search(text) is not None


def _whole(text: str) -> int | None:
    """A number of 64 bits."""
    number = int(text) if _INTEGER.fullmatch(text) else None
    return number if number is not None and -(2**63) <= number < 2**63 else None


def _is_int(text: str) -> bool:
    number = _whole(text)
    return number is not None and -(2**31) <= number < 2**31


def _is_decimal(text: str) -> bool:
    bare = text.strip()
    if not _NUMBER.fullmatch(text) or (bare[:1] in "+-" and bare[-1:] in "+-"):
        return False
    return int("".join(filter(str.isdigit, bare.split(".")[0])) or "0") <= _LARGEST_DECIMAL


def _is_datetime(text: str) -> bool:
    text = text.strip()
    if text.isdigit():
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return any(_reads(text, day + time) for day in _DATES for time in _TIMES)
    return True


def _reads(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 because only the form matters
    except ValueError:
        return False
    return True


def _length(least: int, most: int | None = None) -> Check:
    return lambda text: least <= len(text) <= (least if most is None else most)


def _within(least: int, most: int) -> Check:
    def within(text: str) -> bool:
        number = _whole(text)
        return number is not None and least <= number <= most

    return within


_PLAIN: Mapping[str, Check] = {
    "alpha": lambda text: re.fullmatch("[A-Za-z]*", text) is not None,
    "bool": lambda text: text.strip().lower() in ("true", "false"),
    "datetime": _is_datetime,
    "decimal": _is_decimal,
    "double": lambda text: _FLOAT.fullmatch(text) is not None,
    "float": lambda text: _FLOAT.fullmatch(text) is not None,
    "guid": lambda text: _GUID.fullmatch(text) is not None,
    "int": _is_int,
    "long": lambda text: _whole(text) is not None,
    "required": bool,
}
_COUNTED: Mapping[str, tuple[Sequence[int], Callable[..., Check]]] = {
    "length": ((1, 2), _length),
    "minlength": ((1,), lambda least: lambda text: len(text) >= least),
    "maxlength": ((1,), lambda most: lambda text: len(text) <= most),
    "min": ((1,), lambda least: _within(least, 2**63 - 1)),
    "max": ((1,), lambda most: _within(-(2**63), most)),
    "range": ((2,), _within),
}
