import pytest

from infra.emulators.service_bus.amqp.encoding import encode as encode_value
from infra.emulators.service_bus.amqp.errors import AmqpError
from infra.emulators.service_bus.amqp.performatives import Accepted
from infra.emulators.service_bus.amqp.types import Described, ULong
from infra.emulators.service_bus.broker.config import NamespaceConfig
from infra.emulators.service_bus.message import BATCH_FORMAT, encode, value_of
from infra.emulators.service_bus.sending import EntitySink
from tests.support.bus_desk import BusDesk, message


@pytest.fixture
def bus() -> BusDesk:
    return BusDesk(NamespaceConfig.of(queues=["q"]))


@pytest.fixture
def sink(bus) -> EntitySink:
    return EntitySink(bus.namespace.entity("q"), max_message_bytes=1000, touched=bus.desk.touched)


def kept(bus: BusDesk) -> list[object]:
    return [value_of(stored.message) for stored in bus.namespace.entity("q").peek(limit=10)]  # type: ignore[union-attr]


def test_a_message_is_accepted_when_the_entity_has_it(bus, sink) -> None:
    assert sink.arrived(encode(message("a")), 0) == Accepted()
    assert kept(bus) == ["a"]
    assert bus.touches == 1


def test_a_batch_is_many_messages(bus, sink) -> None:
    batch = b"".join(encode_value(Described(ULong(0x75), encode(message(text)))) for text in "abc")
    sink.arrived(batch, BATCH_FORMAT)

    assert kept(bus) == ["a", "b", "c"]


def test_what_is_too_large_is_refused(bus, sink) -> None:
    with pytest.raises(AmqpError, match="at most 1000") as refused:
        sink.arrived(encode(message("x" * 1000)), 0)

    assert refused.value.condition == "amqp:link:message-size-exceeded"
    assert kept(bus) == []


def test_what_is_no_message_is_refused(bus, sink) -> None:
    with pytest.raises(AmqpError) as refused:
        sink.arrived(b"no message", 0)

    assert refused.value.condition == "amqp:decode-error"


def test_what_the_broker_refuses_is_refused() -> None:
    bus = BusDesk(NamespaceConfig.of(topics={"t": ["s"]}))
    sink = EntitySink(bus.namespace.entity("t/Subscriptions/s"), max_message_bytes=1000, touched=bus.desk.touched)
    with pytest.raises(AmqpError) as refused:
        sink.arrived(encode(message("a")), 0)

    assert refused.value.condition == "amqp:not-allowed"
    assert bus.touches == 0
