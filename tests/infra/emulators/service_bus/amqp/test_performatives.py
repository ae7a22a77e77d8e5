import pytest

from infra.emulators.service_bus.amqp.composites import encode_composite
from infra.emulators.service_bus.amqp.decoding import decode
from infra.emulators.service_bus.amqp.errors import AmqpError, DecodeError
from infra.emulators.service_bus.amqp.performatives import (
    Accepted,
    Attach,
    Begin,
    Error,
    Flow,
    Modified,
    Open,
    Received,
    Rejected,
    Released,
    Transfer,
    read,
    state_of,
)
from infra.emulators.service_bus.amqp.types import Described, Symbol, ULong


@pytest.mark.parametrize(
    "record",
    [
        Open(container_id="me", idle_time_out=5),
        Begin(next_outgoing_id=0, incoming_window=1, outgoing_window=2),
        Attach(name="link", handle=3, role=True, properties={Symbol("a"): 1}),
        Flow(incoming_window=1, next_outgoing_id=2, outgoing_window=3, drain=True),
        Transfer(handle=1, delivery_tag=b"tag", message_format=0x80013700),
    ],
)
def test_what_is_written_is_read(record) -> None:
    assert read(decode(encode_composite(record))[0]) == record


def test_a_name_describes_as_well_as_a_number() -> None:
    assert read(Described(Symbol("amqp:accepted:list"), [])) == Accepted()


@pytest.mark.parametrize("state", [Accepted(), Released(), Modified(delivery_failed=True), Received(section_number=1)])
def test_states(state) -> None:
    assert state_of(decode(encode_composite(state))[0]) == state


def test_a_rejection_says_why() -> None:
    error = Error(condition="a:b", description="because", info={Symbol("x"): 1})
    rejected = state_of(decode(encode_composite(Rejected(error=error)))[0])

    assert isinstance(rejected, Rejected)
    assert rejected.why() == error
    assert Rejected().why() is None


def test_an_error_always_has_its_three_fields() -> None:
    written = decode(encode_composite(Error.of(AmqpError("a:b", "because"))))[0]

    assert written.value == ["a:b", "because", None]


@pytest.mark.parametrize("value", [None, 7, Described(ULong(0x99), []), Described(Symbol("amqp:unknown:list"), [])])
def test_what_amqp_does_not_describe(value) -> None:
    with pytest.raises(DecodeError):
        read(value)


def test_an_open_is_no_state() -> None:
    with pytest.raises(DecodeError, match="no state"):
        state_of(Described(ULong(0x10), ["me"]))
