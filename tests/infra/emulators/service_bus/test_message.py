import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.emulators.service_bus.amqp.decoding import decode as decode_value
from infra.emulators.service_bus.amqp.encoding import encode as encode_value
from infra.emulators.service_bus.amqp.errors import DecodeError
from infra.emulators.service_bus.amqp.types import Described, Int, Long, Symbol, Timestamp, UInt, ULong
from infra.emulators.service_bus.message import (
    Message,
    Properties,
    decode,
    encode,
    split_batch,
    value_body,
    value_of,
)


def data_section(data: bytes) -> bytes:
    return encode_value(Described(ULong(0x75), data))


FULL = Message(
    body=data_section(b"one") + data_section(b"two"),
    durable=True,
    priority=7,
    ttl=1.5,
    annotations={"x-opt-partition-key": "p", "number": Int(5)},
    properties=Properties(
        message_id=uuid.UUID(int=1),
        user_id=b"me",
        to="to",
        subject="subject",
        reply_to="reply",
        correlation_id=ULong(7),
        content_type="a/b",
        content_encoding="gzip",
        absolute_expiry_time=Timestamp(5),
        creation_time=Timestamp(4),
        group_id="session",
        group_sequence=UInt(3),
        reply_to_group_id="reply session",
    ),
    application_properties={"a": Int(1), "b": Long(2), "c": "text", "d": None},
)


def test_every_section_is_kept() -> None:
    data = encode(FULL)
    read = decode(data)
    size, FULL.size = FULL.size, len(data)

    assert read == FULL
    assert read.size == len(data)
    assert [type(value) for value in read.application_properties.values()] == [Int, Long, str, type(None)]
    assert isinstance(read.properties.message_id, uuid.UUID)
    FULL.size = size


def test_the_broker_adds_and_wins() -> None:
    data = encode(FULL, delivery_count=2, annotations={"number": Long(9)}, delivery_annotations={"token": 1})
    read = decode(data)

    assert read.annotations == {"x-opt-partition-key": "p", "number": 9}
    assert decode_value(data)[0] == Described(ULong(0x70), [True, 7, 1500, None, 2])


def test_what_a_sender_says_about_deliveries_is_not_kept() -> None:
    data = encode(FULL, delivery_count=2, delivery_annotations={"token": 1})

    assert encode(decode(data)) == encode(FULL)


def test_a_message_of_a_body_only() -> None:
    read = decode(data_section(b"x"))

    assert (read.body, read.durable, read.priority, read.ttl) == (data_section(b"x"), False, 4, None)
    assert read.properties == Properties()


def test_an_endless_time_to_live_stays_in_its_field() -> None:
    assert decode(encode(Message(body=b"", ttl=1e12))).ttl == 4294967.295


def test_a_batch_is_split() -> None:
    messages = [Message(body=data_section(b"%d" % number)) for number in range(3)]
    batch = b"".join(data_section(encode(message)) for message in messages)

    assert [message.body for message in split_batch(batch)] == [message.body for message in messages]


def test_a_value_is_a_body() -> None:
    value = {"a": Described(Symbol("b"), [1])}

    assert value_of(Message(body=value_body(value))) == value
    with pytest.raises(DecodeError, match="no AMQP value"):
        value_of(Message(body=data_section(b"x")))


def section(code: int, value: object) -> bytes:
    return encode_value(Described(ULong(code), value))


@pytest.mark.parametrize(
    "data",
    [
        b"\x40",
        section(0x99, []),
        section(0x73, []) * 2,
        section(0x73, ["text", 7]),
        section(0x74, ["no map"]),
        section(0x70, ["no bool"]),
        section(0x75, b"abc")[:-1],
        encode_value(Described(Symbol("amqp:unknown"), [])),
    ],
)
def test_what_is_no_message(data) -> None:
    with pytest.raises(DecodeError):
        decode(data)


def test_a_batch_of_something_else() -> None:
    with pytest.raises(DecodeError, match="no bytes"):
        split_batch(section(0x75, "text"))


@given(st.binary(max_size=80))
def test_any_bytes_are_a_message_or_an_error(data) -> None:
    try:
        read = decode(data)
    except DecodeError:
        return
    assert read.size == len(data)
