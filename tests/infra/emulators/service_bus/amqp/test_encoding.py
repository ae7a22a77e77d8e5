import uuid
from datetime import UTC, datetime

import pytest

from infra.emulators.service_bus.amqp.encoding import encode, encode_list
from infra.emulators.service_bus.amqp.types import (
    Array,
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


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "40"),
        (True, "41"),
        (False, "42"),
        (UInt(0), "43"),
        (UInt(255), "52ff"),
        (UInt(256), "7000000100"),
        (ULong(0), "44"),
        (ULong(1), "5301"),
        (ULong(1 << 40), "800000010000000000"),
        (UByte(7), "5007"),
        (UShort(7), "600007"),
        (Short(-1), "61ffff"),
        (Int(-1), "54ff"),
        (Int(1000), "71000003e8"),
        (Long(-128), "5580"),
        (7, "5507"),
        (1 << 40, "810000010000000000"),
        (Float(1), "723f800000"),
        (1.0, "823ff0000000000000"),
        (Timestamp(5), "830000000000000005"),
        (datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), "8300000000000003e8"),
        (uuid.UUID(int=1), "98" + "00" * 15 + "01"),
        (b"ab", "a0026162"),
        ("ä", "a102c3a4"),
        (Symbol("a"), "a30161"),
        ([], "45"),
        ([None, True], "c003024041"),
        ({"a": 1}, "c10602a101615501"),
        (Described(ULong(0x24), []), "00532445"),
        (Array(Symbol, (Symbol("a"),)), "f00000000a00000001b30000000161"),
    ],
)
def test_bytes_of_the_standard(value, written) -> None:
    assert encode(value).hex() == written


@pytest.mark.parametrize(("value", "code"), [(b"x" * 256, 0xB0), ("x" * 256, 0xB1), (Symbol("x" * 256), 0xB3)])
def test_long_values_have_a_long_size(value, code) -> None:
    written = encode(value)

    assert written[0] == code
    assert written[1:5] == (256).to_bytes(4)


def test_a_long_list() -> None:
    written = encode_list([b"\x40"] * 300)

    assert written[:9].hex() == "d0" + (304).to_bytes(4).hex() + (300).to_bytes(4).hex()


def test_what_amqp_has_no_type_for() -> None:
    with pytest.raises(TypeError, match="no type for"):
        encode({1, 2})
