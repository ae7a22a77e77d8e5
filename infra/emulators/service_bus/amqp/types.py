"""The types of AMQP 1.0 that Python does not tell apart: a value read is written again as what it was."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class UByte(int):
    """8 bits without a sign."""


class UShort(int):
    """16 bits without a sign."""


class UInt(int):
    """32 bits without a sign."""


class ULong(int):
    """64 bits without a sign."""


class Byte(int):
    """8 bits."""


class Short(int):
    """16 bits."""


class Int(int):
    """32 bits."""


class Long(int):
    """64 bits; what a plain Python int is written as."""


class Float(float):
    """32 bits; a plain Python float is written with 64."""


class Char(int):
    """One code point."""


class Timestamp(int):
    """Milliseconds since 1970 in UTC."""

    @classmethod
    def of(cls, moment: datetime) -> Self:
        return cls((moment - _EPOCH) // timedelta(milliseconds=1))

    def moment(self) -> datetime:
        """The same as a datetime; what lies beyond its range becomes its last one."""
        try:
            return _EPOCH + timedelta(milliseconds=self)
        except OverflowError:
            return datetime.max.replace(tzinfo=UTC)


class Symbol(str):
    """A name in ASCII."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Described:
    """A value with the descriptor that says what it means."""

    descriptor: str | int
    value: object


@dataclass(frozen=True, slots=True)
class Array:
    """Values that share one type."""

    of: type
    items: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Decimal:
    """A decimal number, kept as it came."""

    code: int
    data: bytes


AnyUByte = Annotated[int, UByte]
AnyUShort = Annotated[int, UShort]
AnyUInt = Annotated[int, UInt]
AnyULong = Annotated[int, ULong]
AnySymbol = Annotated[str, Symbol]
AnyTimestamp = Annotated[int, Timestamp]
