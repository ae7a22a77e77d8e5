"""What the emulator refuses, as the real client tells it: unknown names, too much, wrong keys, a server that stops."""

import time

import pytest
from azure.servicebus import ServiceBusMessage
from azure.servicebus.exceptions import (
    MessageSizeExceededError,
    MessagingEntityNotFoundError,
    ServiceBusAuthenticationError,
    ServiceBusError,
    ServiceBusQuotaExceededError,
)

from infra.emulators.service_bus import NamespaceConfig
from infra.emulators.service_bus.broker.config import QueueConfig, SubscriptionConfig, TopicConfig
from tests.support.service_bus_clients import FLAVOURS, Clients, both_clients, emulated, row

pytestmark = pytest.mark.service_bus

CONFIG = NamespaceConfig(
    queues=(QueueConfig(name="work"), QueueConfig(name="full")),
    topics=(TopicConfig(name="news", subscriptions=(SubscriptionConfig(name="all"),)),),
    max_message_bytes=10_000,
    max_entity_bytes=15_000,
)


@pytest.fixture(scope="module")
def table():
    with both_clients(CONFIG) as table:
        yield table


@row
def test_a_queue_that_is_not_there(bus, clients) -> None:
    started = time.monotonic()
    with pytest.raises(MessagingEntityNotFoundError, match="nowhere"), clients.own_sender("nowhere"):
        pass
    with pytest.raises(MessagingEntityNotFoundError, match="nowhere"), clients.own_receiver("nowhere"):
        pass

    assert time.monotonic() - started < 10


@row
def test_a_subscription_that_is_not_there(bus, clients) -> None:
    with pytest.raises(MessagingEntityNotFoundError, match="nobody"), clients.own_receiver("news/nobody"):
        pass


@row
def test_a_topic_is_not_received_from(bus, clients) -> None:
    with pytest.raises(ServiceBusError, match="topic"), clients.own_receiver("news"):
        pass


@row
def test_a_message_that_is_too_large(bus, clients) -> None:
    with pytest.raises(MessageSizeExceededError, match="10000"):
        clients.sender("work").send_messages(ServiceBusMessage(b"x" * 10_001))

    assert bus.waiting("work") == 0


@row
def test_a_queue_that_is_full(bus, clients) -> None:
    sender, receiver = clients.sender("full"), clients.receiver("full")
    sender.send_messages(ServiceBusMessage(b"x" * 9000))
    with pytest.raises(ServiceBusQuotaExceededError):
        sender.send_messages(ServiceBusMessage(b"x" * 9000))
    for message in receiver.receive_messages(max_wait_time=2):
        receiver.complete_message(message)

    assert bus.waiting("full") == 0


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_wrong_key(flavour) -> None:
    with emulated(CONFIG, key="the right one") as bus:
        right = Clients(flavour, bus.connection_string)
        with right.own_sender("work") as sender:
            sender.send_messages(ServiceBusMessage("x"))
        right.close()
        wrong = Clients(flavour, bus.connection_string.replace("the right one", "another"))
        with pytest.raises(ServiceBusAuthenticationError), wrong.own_sender("work"):
            pass
        wrong.close()

        assert bus.waiting("work") == 1


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_server_that_stops_waits_for_nobody(flavour) -> None:
    with emulated(CONFIG) as bus:
        clients = Clients(flavour, bus.connection_string)
        clients.sender("work").send_messages(ServiceBusMessage("x"))
        stopping = time.monotonic()
    took = time.monotonic() - stopping
    with pytest.raises(ServiceBusError):
        clients.sender("work").send_messages(ServiceBusMessage("y"))
    clients.close()

    assert took < 3
