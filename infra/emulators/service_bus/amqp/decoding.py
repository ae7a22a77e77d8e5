"""From the bytes of AMQP values to Python values."""

import struct
import uuid
from collections.abc import Callable
from typing import Any

from infra.emulators.service_bus.amqp.errors import DecodeError
from infra.emulators.service_bus.amqp.types import (
    Array,
    Byte,
    Char,
    Decimal,
    Described,
    Float,
    Int,
    Long,
    Short,
    Symbol,
    Timestamp,
    UByte,
    UInt,
    ULong,
    UShort,
)

_DEEPEST = 64
_MOST_ITEMS = 65536
_U8, _U32 = struct.Struct(">B"), struct.Struct(">I")
# How many bytes follow a format code, by its first digit; the last six say it themselves, in one byte or in four.
_FIXED_WIDTHS = {0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16}
_SIZED = {0xA: _U8, 0xC: _U8, 0xE: _U8, 0xB: _U32, 0xD: _U32, 0xF: _U32}


_Reader = Callable[[bytes, int, int], tuple[Any, int]]


def decode(data: bytes, position: int = 0) -> tuple[Any, int]:
    """The value at `position` and where the next begins. Raises DecodeError, whatever the bytes are."""
    try:
        return _read(data, position, 0)
    except (struct.error, IndexError, KeyError, ValueError, TypeError, OverflowError) as cause:
        raise DecodeError(f"The bytes at {position} are no AMQP value: {cause or type(cause).__name__}.") from cause


def skip(data: bytes, position: int) -> int:
    """Where the value at `position` ends, without reading it. Raises DecodeError."""
    try:
        while data[position] == 0x00:
            position = _skip_descriptor(data, position + 1)
        first, position = data[position] >> 4, position + 1
        if first in _FIXED_WIDTHS:
            end = position + _FIXED_WIDTHS[first]
        else:
            width = _SIZED[first]
            end = position + width.size + width.unpack_from(data, position)[0]
    except (struct.error, IndexError, KeyError) as cause:
        raise DecodeError(f"The bytes at {position} are no AMQP value.") from cause
    if end > len(data):
        raise DecodeError(f"A value ends at {end}, after the end of its {len(data)} bytes.")
    return end


def _skip_descriptor(data: bytes, position: int) -> int:
    if data[position] == 0x00:
        raise DecodeError(f"The descriptor at {position} is described itself.")
    return skip(data, position)


def _read(data: bytes, position: int, depth: int) -> tuple[Any, int]:
    return _READERS[data[position]](data, position + 1, depth)


def _described(data: bytes, position: int, depth: int) -> tuple[Any, int]:
    _check_depth(depth)
    descriptor, position = _descriptor(data, position, depth)
    value, position = _read(data, position, depth + 1)
    return Described(descriptor, value), position


def _descriptor(data: bytes, position: int, depth: int) -> tuple[str | int, int]:
    descriptor, position = _read(data, position, depth + 1)
    if not isinstance(descriptor, Symbol | ULong):
        raise TypeError(f"a value is described by {descriptor!r}, neither a symbol nor a number")
    return descriptor, position


def _check_depth(depth: int) -> None:
    if depth >= _DEEPEST:
        raise ValueError(f"values are nested more than {_DEEPEST} deep")


def _constant(make: Callable[[], object]) -> _Reader:
    return lambda _data, position, _depth: (make(), position)


def _number(layout: str, kind: Callable[[Any], object]) -> _Reader:
    packed = struct.Struct(layout)
    unpack, size = packed.unpack_from, packed.size
    return lambda data, position, _depth: (kind(unpack(data, position)[0]), position + size)


def _fixed(size: int, make: Callable[[bytes], object]) -> _Reader:
    return lambda data, position, _depth: (make(_slice(data, position, position + size)), position + size)


def _variable(width: struct.Struct, make: Callable[[bytes], object]) -> _Reader:
    def read(data: bytes, position: int, _depth: int) -> tuple[Any, int]:
        start = position + width.size
        end = start + width.unpack_from(data, position)[0]
        return make(_slice(data, start, end)), end

    return read


def _slice(data: bytes, start: int, end: int) -> bytes:
    if end > len(data):
        raise ValueError(f"a value ends at {end}, after the end of its {len(data)} bytes")
    return data[start:end]


def _list(width: struct.Struct) -> _Reader:
    def read(data: bytes, position: int, depth: int) -> tuple[Any, int]:
        _check_depth(depth)
        count, position, end = _compound(width, data, position)
        items = []
        for _ in range(count):
            item, position = _read(data, position, depth + 1)
            items.append(item)
        return items, _ended(position, end)

    return read


def _map(width: struct.Struct) -> _Reader:
    def read(data: bytes, position: int, depth: int) -> tuple[Any, int]:
        _check_depth(depth)
        count, position, end = _compound(width, data, position)
        if count % 2:
            raise ValueError(f"a map has {count} keys and values")
        entries = {}
        for _ in range(count // 2):
            key, position = _read(data, position, depth + 1)
            entries[key], position = _read(data, position, depth + 1)
        return entries, _ended(position, end)

    return read


def _array(width: struct.Struct) -> _Reader:
    def read(data: bytes, position: int, depth: int) -> tuple[Any, int]:
        _check_depth(depth)
        count, position, end = _compound(width, data, position)
        descriptors = []
        while data[position] == 0x00:
            descriptor, position = _descriptor(data, position + 1, depth)
            descriptors.append(descriptor)
        reader, position = _READERS[data[position]], position + 1
        items: list[Any] = []
        for _ in range(count):
            item, position = reader(data, position, depth + 1)
            for descriptor in reversed(descriptors):
                item = Described(descriptor, item)
            items.append(item)
        return Array(type(items[0]) if items else str, tuple(items)), _ended(position, end)

    return read


def _compound(width: struct.Struct, data: bytes, position: int) -> tuple[int, int, int]:
    """How many items, where they begin, where they end."""
    end = position + width.size + width.unpack_from(data, position)[0]
    count = width.unpack_from(data, position + width.size)[0]
    if end > len(data):
        raise ValueError(f"a value ends at {end}, after the end of its {len(data)} bytes")
    if count > _MOST_ITEMS:
        raise ValueError(f"a value has {count} items; at most {_MOST_ITEMS} are read")
    return count, position + 2 * width.size, end


def _ended(position: int, end: int) -> int:
    if position != end:
        raise ValueError(f"a value says that it ends at {end} and ends at {position}")
    return end


def _text(data: bytes) -> str:
    return data.decode()


def _symbol(data: bytes) -> Symbol:
    return Symbol(data.decode("ascii"))


def _uuid(data: bytes) -> uuid.UUID:
    return uuid.UUID(bytes=data)


def _decimal(code: int) -> Callable[[bytes], Decimal]:
    return lambda data: Decimal(code, data)


_READERS: dict[int, _Reader] = {
    0x00: _described,
    0x40: _constant(lambda: None),
    0x41: _constant(lambda: True),
    0x42: _constant(lambda: False),
    0x43: _constant(lambda: UInt(0)),
    0x44: _constant(lambda: ULong(0)),
    0x45: _constant(list),
    0x50: _number(">B", UByte),
    0x51: _number(">b", Byte),
    0x52: _number(">B", UInt),
    0x53: _number(">B", ULong),
    0x54: _number(">b", Int),
    0x55: _number(">b", Long),
    0x56: _number(">B", bool),
    0x60: _number(">H", UShort),
    0x61: _number(">h", Short),
    0x70: _number(">I", UInt),
    0x71: _number(">i", Int),
    0x72: _number(">f", Float),
    0x73: _number(">I", Char),
    0x74: _fixed(4, _decimal(0x74)),
    0x80: _number(">Q", ULong),
    0x81: _number(">q", Long),
    0x82: _number(">d", float),
    0x83: _number(">q", Timestamp),
    0x84: _fixed(8, _decimal(0x84)),
    0x94: _fixed(16, _decimal(0x94)),
    0x98: _fixed(16, _uuid),
    0xA0: _variable(_U8, bytes),
    0xA1: _variable(_U8, _text),
    0xA3: _variable(_U8, _symbol),
    0xB0: _variable(_U32, bytes),
    0xB1: _variable(_U32, _text),
    0xB3: _variable(_U32, _symbol),
    0xC0: _list(_U8),
    0xC1: _map(_U8),
    0xD0: _list(_U32),
    0xD1: _map(_U32),
    0xE0: _array(_U8),
    0xF0: _array(_U32),
}
