import pytest
from azure.servicebus.exceptions import MessagingEntityNotFoundError, ServiceBusConnectionError

from infra import doctor_bus
from infra.doctor_bus import see_bus
from tests.support.deployments import image, spec

CONNECTION = "Endpoint=sb://team;SharedAccessKeyName=k;SharedAccessKey=c2VjcmV0"
SETTING = "ServiceBusConnectionString"
BUS = image({"service_bus_queue": {}})


class Link:
    """A receiver or a sender of one entity."""

    def __init__(self, bus, entity):
        self.bus, self.entity = bus, entity

    async def __aenter__(self):
        if self.bus.failure:
            raise self.bus.failure
        if self.entity not in self.bus.entities:
            raise MessagingEntityNotFoundError(message="gone")
        return self

    async def __aexit__(self, *_):
        pass

    async def peek_messages(self, count):
        return self.bus.dead.get(self.entity, [])[:count]

    async def create_message_batch(self):
        return []


class Namespace:
    """The SDK's client, with these entities."""

    def __init__(self):
        self.entities, self.dead, self.failure = set(), {}, None

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    def get_queue_receiver(self, queue, *, sub_queue):
        return Link(self, queue)

    def get_subscription_receiver(self, topic, subscription, *, sub_queue):
        return Link(self, f"{topic}/{subscription}")

    def get_queue_sender(self, queue):
        return Link(self, queue)

    def get_topic_sender(self, topic):
        return Link(self, topic)


@pytest.fixture
def bus(monkeypatch):
    made = Namespace()
    monkeypatch.setattr(doctor_bus, "open_bus", lambda *_, **__: made)
    return made


def seen(settings=None, of=BUS):
    given = {SETTING: CONNECTION} if settings is None else settings
    return list(see_bus(spec("functions", of=of, settings=given)))


def entities():
    function = BUS.functions[0]
    return {each.option("queueName") or each.option("topicName") for each in (function.trigger, *function.outputs)}


def test_all_is_there(bus):
    bus.entities |= entities()
    found = seen()
    assert {each.level for each in found} == {"ok"}
    assert len(found) == len(entities())


def test_each_missing_entity_is_told(bus):
    found = seen()
    assert {each.level for each in found} == {"error"}
    assert len(found) == len(entities())
    assert all("Create it there" in each.fix for each in found)


def test_dead_letters_are_told(bus):
    bus.entities |= entities()
    bus.dead = {name: ["one"] for name in entities()}
    (found,) = [each for each in seen() if each.level == "warning"]
    assert (found.check, "packager poison replay" in found.fix) == ("poison", True)


def test_a_namespace_that_does_not_answer_is_asked_once_and_shows_no_key(bus):
    bus.failure = ServiceBusConnectionError(message="SharedAccessKey=c2VjcmV0")
    (found,) = seen()
    assert (found.level, "ServiceBusConnectionError" in found.message) == ("error", True)
    assert "c2VjcmV0" not in repr(found)


def test_a_namespace_that_hangs(bus, monkeypatch):
    monkeypatch.setattr(doctor_bus, "_SECONDS", 0.01)
    bus.failure = TimeoutError()
    (found,) = seen()
    assert "TimeoutError" in found.message


def test_what_cannot_be_opened_here(bus):
    (found,) = seen({f"{SETTING}__fullyQualifiedNamespace": "team.servicebus.windows.net"})
    assert (found.level, "identity" in found.message) == ("ok", True)
    assert seen({}) == []
    assert seen(of=image()) == []


def test_what_is_no_connection_string_is_an_error():
    (found,) = seen({SETTING: "nonsense"})
    assert (found.level, "no connection string" in found.message) == ("error", True)
