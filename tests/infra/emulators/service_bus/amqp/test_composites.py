from dataclasses import dataclass
from typing import ClassVar

import pytest

from infra.emulators.service_bus.amqp.composites import encode_composite, from_list
from infra.emulators.service_bus.amqp.decoding import decode
from infra.emulators.service_bus.amqp.errors import DecodeError
from infra.emulators.service_bus.amqp.types import AnySymbol, AnyUInt, Described, Symbol, UInt, ULong


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    CODE: ClassVar[int] = 0x99

    name: str
    size: AnyUInt | None = None
    kind: AnySymbol | None = None
    inner: object = None


def test_fields_are_written_as_their_hints_say() -> None:
    written = decode(encode_composite(Example(name="a", size=7, kind="b")))[0]

    assert written == Described(ULong(0x99), ["a", UInt(7), Symbol("b"), None])
    assert [type(value) for value in written.value[:3]] == [str, UInt, Symbol]


def test_a_record_inside_is_described_too() -> None:
    written = decode(encode_composite(Example(name="a", inner=Example(name="b"))))[0]

    assert written.value == ["a", None, None, Described(ULong(0x99), ["b", None, None, None])]


def test_a_list_becomes_the_record() -> None:
    assert from_list(Example, ["a", UInt(7)]) == Example(name="a", size=7)
    assert from_list(Example, ["a", None, Symbol("b")]) == Example(name="a", kind="b")


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ("text", "no list"),
        ([], "without name"),
        ([None], "without name"),
        ([7], "no str"),
        (["a", "b"], "no int"),
        (["a"] + [None] * 4, "at most 4"),
    ],
)
def test_a_list_that_is_no_such_record(values, why) -> None:
    with pytest.raises(DecodeError, match=why):
        from_list(Example, values)
