import pytest

from tests.support.memory_bus import MemoryBus
from triggers.contract import Binding, BindingContext
from triggers.errors import ConnectionNotConfigured, InvalidOptions, InvalidPath, SourceUnavailable
from triggers.service_bus_entity import Entity
from triggers.service_bus_output import ServiceBusWriter, binding

KEYED = "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=k="


def writer(bus: MemoryBus, name: str = "out", *, answers_messages: bool = True) -> ServiceBusWriter:
    return ServiceBusWriter(bus, name, is_topic=False, label="f/out", answers_messages=answers_messages)


async def test_values_are_sent_and_carry_their_cause():
    bus = MemoryBus()
    writing = writer(bus)
    await writing.open()
    await writing.write('["a", "b"]', {"MessageId": "m1"})
    assert [(entity, one.body, one.correlation_id) for entity, one in bus.sent] == [
        (Entity(name="out"), b"a", "m1"),
        (Entity(name="out"), b"b", "m1"),
    ]
    await writing.close()
    assert bus.done == [("close sender", "out")]
    assert bus.is_closed


async def test_an_event_of_another_kind_is_no_cause():
    bus = MemoryBus()
    await writer(bus, answers_messages=False).write("a", {"MessageId": "m1"})
    assert bus.sent[0][1].correlation_id is None


async def test_an_empty_array_sends_nothing():
    bus = MemoryBus()
    await writer(bus).write("[]", {})
    assert bus.sent == []


async def test_the_name_may_come_from_the_event():
    bus = MemoryBus()
    await writer(bus, "for-{name}").write("a", {"name": "ann"})
    assert bus.sent[0][0].name == "for-ann"
    with pytest.raises(InvalidPath):
        await writer(bus, "for-{name}").write("a", {})
    with pytest.raises(InvalidOptions):
        await writer(bus, "{name}").write("a", {"name": "not allowed?"})


async def test_a_failure_reaches_the_function():
    bus = MemoryBus()
    bus.errors.append(SourceUnavailable("full"))
    with pytest.raises(SourceUnavailable, match="full"):
        await writer(bus).write("a", {})


async def test_the_adapter_opens_a_writer():
    output = Binding(type="serviceBus", name="$return", direction="OUT", options={"queueName": "q", "connection": "C"})
    opened = binding.writer(BindingContext(binding=output, settings={"C": KEYED}, function="f"))
    await opened.close()
    with pytest.raises(ConnectionNotConfigured, match="the Service Bus output '\\$return' to 'q'"):
        binding.writer(BindingContext(binding=output, settings={}))
