import uuid
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.emulators.service_bus.amqp.decoding import decode, skip
from infra.emulators.service_bus.amqp.encoding import encode
from infra.emulators.service_bus.amqp.errors import DecodeError
from infra.emulators.service_bus.amqp.types import (
    Array,
    Char,
    Decimal,
    Described,
    Float,
    Int,
    Long,
    Symbol,
    Timestamp,
    UByte,
    UInt,
    ULong,
    UShort,
)

PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(0, 255).map(UByte),
    st.integers(0, (1 << 16) - 1).map(UShort),
    st.integers(0, (1 << 32) - 1).map(UInt),
    st.integers(0, (1 << 64) - 1).map(ULong),
    st.integers(-(1 << 31), (1 << 31) - 1).map(Int),
    st.integers(-(1 << 63), (1 << 63) - 1).map(Long),
    st.integers(-(1 << 63), (1 << 63) - 1).map(Timestamp),
    st.floats(width=32, allow_nan=False).map(Float),
    st.floats(allow_nan=False),
    st.integers(0, 0x10FFFF).map(Char),
    st.uuids(),
    st.binary(max_size=300),
    st.text(max_size=300),
    st.text("abc:-", max_size=300).map(Symbol),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(max_size=3), inner, max_size=4),
        st.builds(Described, st.integers(0, 99).map(ULong), inner),
        st.lists(st.uuids(), min_size=1, max_size=3).map(lambda items: Array(uuid.UUID, tuple(items))),
    ),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_written_is_read_with_its_type(value) -> None:
    data = encode(value)
    read, end = decode(data)

    assert (read, type(read), end) == (value, type(value), len(data))
    assert skip(data, 0) == len(data)
    assert encode(read) == data


@given(st.binary(max_size=60))
def test_any_bytes_are_a_value_or_an_error(data) -> None:
    for read in (lambda: decode(data)[1], lambda: skip(data, 0)):
        with suppress(DecodeError):
            assert read() <= len(data)


@given(VALUES, st.data())
def test_a_value_that_is_cut_off_is_an_error(value, data) -> None:
    whole = encode(value)
    cut = data.draw(st.integers(0, len(whole) - 1))

    with pytest.raises(DecodeError):
        decode(whole[:cut])
    with pytest.raises(DecodeError):
        skip(whole[:cut], 0)


def test_deep_nesting_is_an_error() -> None:
    data = b"\x40"
    for _ in range(70):
        data = bytes((0xD0,)) + (len(data) + 4).to_bytes(4) + (1).to_bytes(4) + data

    with pytest.raises(DecodeError, match="nested more than 64 deep"):
        decode(data)


@pytest.mark.parametrize("data", [b"\x00" * 5000, b"\x00\x53\x01" * 5000, b"\x00\x00\x53\x01"])
def test_descriptors_of_descriptors_are_an_error(data) -> None:
    with pytest.raises(DecodeError):
        skip(data, 0)
    with pytest.raises(DecodeError):
        decode(data)


def test_an_array_of_nothing_many_times_is_an_error() -> None:
    with pytest.raises(DecodeError, match="4294967295 items"):
        decode(bytes.fromhex("f000000005ffffffff40"))


def test_a_key_that_cannot_be_one_is_an_error() -> None:
    with pytest.raises(DecodeError):
        decode(bytes.fromhex("c103024540"))


def test_decimals_are_kept_as_they_came() -> None:
    data = bytes.fromhex("94") + bytes(range(16))

    assert decode(data) == (Decimal(0x94, bytes(range(16))), 17)
    assert encode(decode(data)[0]) == data
