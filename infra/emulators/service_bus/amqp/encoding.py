"""From Python values to the bytes of AMQP values."""

import struct
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

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

_SMALL = 255
_u32 = struct.Struct(">I").pack


def encode(value: object) -> bytes:
    """The bytes of one value. Raises TypeError for what AMQP cannot say, and struct.error for too big a number."""
    writer = _WRITERS.get(type(value))
    if writer is not None:
        return writer(value)
    for kind in (str, int, float, bytes, Mapping, Sequence):
        if isinstance(value, kind):
            return _WRITERS[kind](value)
    raise TypeError(f"AMQP has no type for {value!r}, a {type(value).__name__}.")


def encode_list(items: Sequence[bytes]) -> bytes:
    """A list of values that are encoded already."""
    if not items:
        return b"\x45"
    return _compound(0xC0, len(items), b"".join(items))


def _compound(small_code: int, count: int, payload: bytes) -> bytes:
    if len(payload) < _SMALL and count <= _SMALL:
        return bytes((small_code, len(payload) + 1, count)) + payload
    return bytes((small_code + 0x10,)) + _u32(len(payload) + 4) + _u32(count) + payload


def _number(code: int, layout: str) -> Callable[[Any], bytes]:
    pack = struct.Struct(layout).pack
    prefix = bytes((code,))
    return lambda value: prefix + pack(value)


def _unsigned(zero: int, small: int, large: int, layout: str) -> Callable[[Any], bytes]:
    pack = struct.Struct(layout).pack
    prefix = bytes((large,))

    def write(value: int) -> bytes:
        if value == 0:
            return bytes((zero,))
        return bytes((small, value)) if 0 < value <= _SMALL else prefix + pack(value)

    return write


def _signed(small: int, large: int, layout: str) -> Callable[[Any], bytes]:
    pack = struct.Struct(layout).pack
    prefix = bytes((large,))
    return lambda value: bytes((small, value & 0xFF)) if -128 <= value <= 127 else prefix + pack(value)


def _variable(small_code: int, data: bytes) -> bytes:
    if len(data) <= _SMALL:
        return bytes((small_code, len(data))) + data
    return bytes((small_code + 0x10,)) + _u32(len(data)) + data


def _mapping(value: Mapping[object, object]) -> bytes:
    payload = b"".join(encode(part) for entry in value.items() for part in entry)
    return _compound(0xC1, 2 * len(value), payload)


def _array(value: Array) -> bytes:
    code, write = _ITEMS[value.of]
    payload = bytes((code,)) + b"".join(write(item) for item in value.items)
    return b"\xf0" + _u32(len(payload) + 4) + _u32(len(value.items)) + payload


def _long_data(data: bytes) -> bytes:
    return _u32(len(data)) + data


def _packed(layout: str) -> Callable[[Any], bytes]:
    return struct.Struct(layout).pack


# All items of an array have the constructor of the widest, which is written once.
_ITEMS: dict[type, tuple[int, Callable[[Any], bytes]]] = {
    bool: (0x56, _packed(">?")),
    UByte: (0x50, _packed(">B")),
    UShort: (0x60, _packed(">H")),
    UInt: (0x70, _packed(">I")),
    ULong: (0x80, _packed(">Q")),
    Byte: (0x51, _packed(">b")),
    Short: (0x61, _packed(">h")),
    Int: (0x71, _packed(">i")),
    Long: (0x81, _packed(">q")),
    int: (0x81, _packed(">q")),
    Float: (0x72, _packed(">f")),
    float: (0x82, _packed(">d")),
    Char: (0x73, _packed(">I")),
    Timestamp: (0x83, _packed(">q")),
    uuid.UUID: (0x98, lambda value: value.bytes),
    bytes: (0xB0, _long_data),
    str: (0xB1, lambda value: _long_data(value.encode())),
    Symbol: (0xB3, lambda value: _long_data(value.encode("ascii"))),
}

_WRITERS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"\x40",
    bool: lambda value: b"\x41" if value else b"\x42",
    UByte: _number(0x50, ">B"),
    UShort: _number(0x60, ">H"),
    UInt: _unsigned(0x43, 0x52, 0x70, ">I"),
    ULong: _unsigned(0x44, 0x53, 0x80, ">Q"),
    Byte: _number(0x51, ">b"),
    Short: _number(0x61, ">h"),
    Int: _signed(0x54, 0x71, ">i"),
    Long: _signed(0x55, 0x81, ">q"),
    int: _signed(0x55, 0x81, ">q"),
    Float: _number(0x72, ">f"),
    float: _number(0x82, ">d"),
    Char: _number(0x73, ">I"),
    Timestamp: _number(0x83, ">q"),
    datetime: lambda value: encode(Timestamp.of(value)),
    uuid.UUID: lambda value: b"\x98" + value.bytes,
    bytes: lambda value: _variable(0xA0, value),
    str: lambda value: _variable(0xA1, value.encode()),
    Symbol: lambda value: _variable(0xA3, value.encode("ascii")),
    Decimal: lambda value: bytes((value.code,)) + value.data,
    Described: lambda value: b"\x00" + encode(value.descriptor) + encode(value.value),
    Array: _array,
    Mapping: _mapping,
    dict: _mapping,
    Sequence: lambda value: encode_list([encode(item) for item in value]),
}
