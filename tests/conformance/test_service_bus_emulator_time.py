"""What time brings, with the real client: locks end, messages expire, scheduled ones appear. The test sets the time."""

from datetime import timedelta

import pytest
from azure.servicebus import ServiceBusMessage, ServiceBusMessageState, ServiceBusSubQueue
from azure.servicebus.exceptions import MessageLockLostError, ServiceBusError

from infra.emulators.service_bus import NamespaceConfig
from infra.emulators.service_bus.broker.config import QueueConfig
from tests.support.service_bus_clients import both_clients, one, row, text

pytestmark = pytest.mark.service_bus

CONFIG = NamespaceConfig(
    queues=(
        QueueConfig(name="work", max_delivery_count=10),
        QueueConfig(name="short", default_ttl=timedelta(seconds=30), dead_letters_expired=True),
        QueueConfig(name="unique", duplicate_window=timedelta(seconds=20)),
    )
)
SOON = 0.2
HOUR = 3600.0


@pytest.fixture(scope="module")
def table():
    with both_clients(CONFIG) as table:
        yield table


@row
def test_a_message_whose_lock_ended_comes_again(bus, clients) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    sender.send_messages(ServiceBusMessage("slow"))
    first = one(receiver)
    bus.advance(59)
    assert receiver.receive_messages(max_wait_time=SOON) == []
    bus.advance(2)
    second = one(receiver)
    receiver.complete_message(second)

    assert (first.delivery_count, second.delivery_count) == (0, 1)


@pytest.mark.parametrize("settle", ["complete_message", "abandon_message", "defer_message", "dead_letter_message"])
@row
def test_a_lost_lock_settles_nothing(bus, clients, settle) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    sender.send_messages(ServiceBusMessage("slow"))
    first = one(receiver)
    bus.advance(61)

    with pytest.raises(MessageLockLostError):
        getattr(receiver, settle)(first)
    receiver.complete_message(one(receiver))


@row
def test_a_renewed_lock_lasts(bus, clients) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    sender.send_messages(ServiceBusMessage("slow"))
    message = one(receiver)
    before = message.locked_until_utc
    bus.advance(50)
    until = receiver.renew_message_lock(message)
    bus.advance(50)
    receiver.complete_message(message)

    assert until == before + timedelta(seconds=50)


@row
def test_a_lost_lock_is_not_renewed(bus, clients) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    sender.send_messages(ServiceBusMessage("slow"))
    message = one(receiver)
    bus.advance(61)

    with pytest.raises(MessageLockLostError):
        receiver.renew_message_lock(message)
    receiver.complete_message(one(receiver))


@row
def test_a_scheduled_message_appears_in_time(bus, clients) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    when = bus.now().replace(microsecond=0) + timedelta(hours=1)
    (number,) = sender.schedule_messages(ServiceBusMessage("later"), when)
    (seen,) = receiver.peek_messages(sequence_number=1)

    assert (seen.sequence_number, seen.state) == (number, ServiceBusMessageState.SCHEDULED)
    assert seen.scheduled_enqueue_time_utc == when
    assert receiver.receive_messages(max_wait_time=SOON) == []
    bus.advance(HOUR)
    message = one(receiver)
    receiver.complete_message(message)
    assert text(message) == "later"
    assert message.state == ServiceBusMessageState.ACTIVE


@row
def test_several_are_scheduled_and_one_is_cancelled(bus, clients) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    when = bus.now() + timedelta(hours=1)
    numbers = sender.schedule_messages([ServiceBusMessage("a"), ServiceBusMessage("b"), ServiceBusMessage("c")], when)
    sender.cancel_scheduled_messages(numbers[1])
    bus.advance(HOUR + 1)
    got = [one(receiver) for _ in range(2)]
    for message in got:
        receiver.complete_message(message)

    assert len(set(numbers)) == 3
    assert [text(message) for message in got] == ["a", "c"]


@row
def test_what_is_not_scheduled_is_not_cancelled(bus, clients) -> None:
    sender = clients.sender("work")
    with pytest.raises(ServiceBusError, match="999999"):
        sender.cancel_scheduled_messages(999999)


@row
def test_a_message_says_itself_when_it_appears(bus, clients) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    when = bus.now() + timedelta(hours=1)
    sender.send_messages(ServiceBusMessage("later", scheduled_enqueue_time_utc=when))
    assert receiver.receive_messages(max_wait_time=SOON) == []
    bus.advance(HOUR + 1)
    message = one(receiver)
    receiver.complete_message(message)

    assert text(message) == "later"


@row
def test_a_message_that_expires_is_gone(bus, clients) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    sender.send_messages(ServiceBusMessage("short", time_to_live=timedelta(seconds=10)))
    bus.advance(11)

    assert receiver.receive_messages(max_wait_time=SOON) == []


@row
def test_a_message_that_expires_becomes_a_dead_letter_where_the_queue_says_so(bus, clients) -> None:
    clients.sender("short").send_messages(ServiceBusMessage("short"))
    bus.advance(31)
    dead = clients.receiver("short", sub_queue=ServiceBusSubQueue.DEAD_LETTER)
    message = one(dead)
    dead.complete_message(message)

    assert message.dead_letter_reason == "TTLExpiredException"
    assert bus.waiting("short") == 0


@row
def test_a_duplicate_is_taken_and_dropped(bus, clients) -> None:
    sender, receiver = clients.sender("unique"), clients.receiver("unique")
    bus.advance(60)
    sender.send_messages(ServiceBusMessage("a", message_id="one"))
    sender.send_messages(ServiceBusMessage("b", message_id="one"))
    sender.send_messages(ServiceBusMessage("c", message_id="two"))
    bus.advance(21)
    sender.send_messages(ServiceBusMessage("d", message_id="one"))
    got = [one(receiver) for _ in range(3)]
    for message in got:
        receiver.complete_message(message)

    assert [text(message) for message in got] == ["a", "c", "d"]
