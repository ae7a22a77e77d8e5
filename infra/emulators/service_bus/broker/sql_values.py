"""How SQL expressions of rules calculate: numbers, texts, truth values, and None for what is unknown."""

import math
import operator
import re
import uuid
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, cast

from infra.emulators.service_bus.message import Message

Value = bool | int | float | str | None

# The names are Azure's; the fields are those of AMQP.
SYSTEM_FIELDS = {
    "contenttype": "content_type",
    "correlationid": "correlation_id",
    "label": "subject",
    "subject": "subject",
    "messageid": "message_id",
    "replyto": "reply_to",
    "replytosessionid": "reply_to_group_id",
    "sessionid": "group_id",
    "to": "to",
}
_ORDERED: Mapping[str, Callable[[Any, Any], object]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _divided(left: float, right: float) -> float:
    """As in C#, whose operators Azure's are: whole numbers give the whole part."""
    if isinstance(left, int) and isinstance(right, int):
        return abs(left) // abs(right) * (1 if (left < 0) is (right < 0) else -1)
    return left / right


def _rest(left: float, right: float) -> float:
    """As in C#: the sign is that of the left side."""
    if isinstance(left, int) and isinstance(right, int):
        return abs(left) % abs(right) * (-1 if left < 0 else 1)
    return math.fmod(left, right)


_ARITHMETIC: Mapping[str, Callable[[Any, Any], object]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "%": _rest,
}


def system_property(message: Message, name: str) -> Value:
    """`name` is in lower case and one of SYSTEM_FIELDS."""
    return plain(getattr(message.properties, SYSTEM_FIELDS[name]))


def plain(value: object) -> Value:
    """What expressions can calculate with; ids become texts, and what is neither number nor text is unknown."""
    if isinstance(value, uuid.UUID):
        return str(value)
    return value if isinstance(value, bool | int | float | str) else None


def compare(sign: str, left: Value, right: Value) -> bool | None:
    """Unknown when one side is, or when the two are of different kinds."""
    if left is None or right is None or _kind(left) is not _kind(right):
        return None
    return bool(_ORDERED[sign](left, right))


def calculate(sign: str, left: Value, right: Value) -> Value:
    """Numbers are calculated with and texts are joined by `+`; everything else is unknown."""
    if left is None or right is None or _kind(left) is not _kind(right):
        return None
    if _kind(left) is bool or (_kind(left) is str and sign != "+"):
        return None
    try:
        return cast(Value, _ARITHMETIC[sign](left, right))
    except (ZeroDivisionError, OverflowError, ValueError):
        return None


def both(left: Value, right: Value) -> bool | None:
    """AND of three values."""
    if left is False or right is False:
        return False
    return True if left is True and right is True else None


def either(left: Value, right: Value) -> bool | None:
    """OR of three values."""
    if left is True or right is True:
        return True
    return False if left is False and right is False else None


def opposite(value: Value) -> bool | None:
    """NOT of three values."""
    return not value if isinstance(value, bool) else None


def like(text: Value, pattern: Value, escape: str | None) -> bool | None:
    """`%` is any text, `_` one character, and what follows the escape character itself."""
    if not isinstance(text, str) or not isinstance(pattern, str):
        return None
    return _pattern(pattern, escape).fullmatch(text) is not None


@lru_cache(maxsize=256)
def _pattern(pattern: str, escape: str | None) -> re.Pattern[str]:
    parts, characters = [], iter(pattern)
    for character in characters:
        if character == escape:
            parts.append(re.escape(next(characters, "")))
        else:
            parts.append({"%": ".*", "_": "."}.get(character) or re.escape(character))
    return re.compile("".join(parts), re.DOTALL)


def _kind(value: Value) -> type:
    if isinstance(value, bool):
        return bool
    return str if isinstance(value, str) else float
