"""The real client sends, looks, receives and settles; each row with the sync and the async client."""

import uuid
from datetime import timedelta

import pytest
from azure.servicebus import (
    ServiceBusMessage,
    ServiceBusMessageState,
    ServiceBusReceiveMode,
    ServiceBusSubQueue,
)
from azure.servicebus.amqp import AmqpAnnotatedMessage, AmqpMessageBodyType
from azure.servicebus.exceptions import MessageAlreadySettled, ServiceBusError

from infra.emulators.service_bus import NamespaceConfig
from tests.support.service_bus_clients import both_clients, one, row, text

pytestmark = pytest.mark.service_bus

CONFIG = NamespaceConfig.of(queues=["work", "gone", "dead", "buffered"])
SOON = 0.2


@pytest.fixture(scope="module")
def table():
    with both_clients(CONFIG) as table:
        yield table


@row
def test_what_is_sent_is_received_whole(bus, clients) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    sent = ServiceBusMessage(
        b"body \xff",
        application_properties={"text": "ä", "number": 7, "half": 0.5, "yes": True, "id": uuid.UUID(int=5)},
        subject="subject",
        content_type="application/json",
        correlation_id="correlation",
        message_id="the id",
        to="to",
        reply_to="reply",
        reply_to_session_id="reply session",
        partition_key="partition",
        time_to_live=timedelta(minutes=5),
    )
    sender.send_messages(sent)
    got = one(receiver)
    receiver.complete_message(got)

    assert b"".join(got.body) == b"body \xff"
    assert got.application_properties == {
        b"text": "ä".encode(), b"number": 7, b"half": 0.5, b"yes": True, b"id": uuid.UUID(int=5),
    }  # fmt: skip
    assert (got.subject, got.content_type, got.correlation_id) == ("subject", "application/json", "correlation")
    assert (got.message_id, got.to, got.reply_to) == ("the id", "to", "reply")
    assert (got.reply_to_session_id, got.partition_key) == ("reply session", "partition")
    assert got.time_to_live == timedelta(minutes=5)
    assert got.expires_at_utc - got.enqueued_time_utc == timedelta(minutes=5)


@row
def test_the_broker_says_what_it_knows(bus, clients) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    sender.send_messages([ServiceBusMessage("a"), ServiceBusMessage("b")])
    first, second = one(receiver), one(receiver)
    token, locked_until = first.lock_token, first.locked_until_utc
    receiver.complete_message(first)
    receiver.complete_message(second)

    assert second.sequence_number == first.sequence_number + 1
    assert first.state == ServiceBusMessageState.ACTIVE
    assert first.delivery_count == 0
    assert isinstance(token, uuid.UUID)
    assert abs(first.enqueued_time_utc - bus.now()) < timedelta(seconds=1)
    assert abs(locked_until - bus.now() - timedelta(minutes=1)) < timedelta(seconds=1)


@pytest.mark.parametrize("size", [0, 1, 300, 70_000, 200_000])
@row
def test_bodies_of_every_size(bus, clients, size) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    sender.send_messages(ServiceBusMessage(b"x" * size))
    got = one(receiver)
    receiver.complete_message(got)

    assert b"".join(got.body) == b"x" * size


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (AmqpMessageBodyType.VALUE, {b"a": [1, None, b"text"]}),
        (AmqpMessageBodyType.SEQUENCE, [[1, 2], [b"three"]]),
        (AmqpMessageBodyType.DATA, [b"one", b"two"]),
    ],
)
@row
def test_bodies_of_every_kind(bus, clients, kind, body) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    sender.send_messages(AmqpAnnotatedMessage(**{f"{kind.value}_body": body}))
    got = one(receiver)
    receiver.complete_message(got)

    assert got.body_type == kind
    assert (got.body if kind == AmqpMessageBodyType.VALUE else list(got.body)) == body


@row
def test_a_batch_arrives_in_order(bus, clients) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    batch = sender.create_message_batch()
    for number in range(40):
        batch.add_message(ServiceBusMessage(f"{number}", message_id=f"m{number}"))
    sender.send_messages(batch)
    got = []
    while len(got) < 40:
        got += receiver.receive_messages(max_message_count=40, max_wait_time=2)
    for message in got:
        receiver.complete_message(message)

    assert [(text(message), message.message_id) for message in got] == [(f"{n}", f"m{n}") for n in range(40)]


@row
def test_a_batch_is_told_its_limit(bus, clients) -> None:
    sender = clients.sender("work")
    assert sender.create_message_batch().max_size_in_bytes == CONFIG.max_message_bytes


@row
def test_peek_takes_nothing(bus, clients) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    sender.send_messages([ServiceBusMessage("a"), ServiceBusMessage("b"), ServiceBusMessage("c")])
    seen = receiver.peek_messages(max_message_count=2, sequence_number=1)
    after = receiver.peek_messages(max_message_count=5, sequence_number=seen[-1].sequence_number + 1)
    got = [one(receiver) for _ in range(3)]
    for message in got:
        receiver.complete_message(message)

    assert [text(message) for message in [*seen, *after]] == ["a", "b", "c"]
    assert [message.sequence_number for message in got] == [message.sequence_number for message in [*seen, *after]]
    assert receiver.peek_messages(sequence_number=1) == []


@row
def test_nothing_is_received_from_an_empty_queue(bus, clients) -> None:
    receiver = clients.receiver("work")
    assert receiver.receive_messages(max_wait_time=SOON) == []


@row
def test_a_waiting_receiver_gets_what_comes(bus, clients) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    assert receiver.receive_messages(max_wait_time=SOON) == []

    sender.send_messages(ServiceBusMessage("late"))
    got = one(receiver)
    receiver.complete_message(got)

    assert text(got) == "late"


@row
def test_an_abandoned_message_comes_again(bus, clients) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    sender.send_messages(ServiceBusMessage("again"))
    first = one(receiver)
    token = first.lock_token
    receiver.abandon_message(first)
    second = one(receiver)
    assert second.lock_token != token
    receiver.complete_message(second)

    assert (first.delivery_count, second.delivery_count) == (0, 1)
    assert first.sequence_number == second.sequence_number


@row
def test_after_its_last_attempt_a_message_is_dead(bus, clients) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    sender.send_messages(ServiceBusMessage("bad"))
    for _ in range(3):
        receiver.abandon_message(one(receiver))
    dead = clients.receiver("work", sub_queue=ServiceBusSubQueue.DEAD_LETTER)
    got = one(dead)
    dead.complete_message(got)

    assert got.dead_letter_reason == "MaxDeliveryCountExceeded"
    assert got.delivery_count == 3
    assert got.dead_letter_source in (None, "work")


@row
def test_a_message_is_made_a_dead_letter(bus, clients) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    sender.send_messages(ServiceBusMessage("bad", application_properties={"kept": 1}))
    receiver.dead_letter_message(one(receiver), reason="why", error_description="because")
    dead = clients.receiver("work", sub_queue=ServiceBusSubQueue.DEAD_LETTER)
    got = one(dead)
    dead.complete_message(got)

    assert (got.dead_letter_reason, got.dead_letter_error_description) == ("why", "because")
    assert got.application_properties[b"kept"] == 1
    assert text(got) == "bad"


@row
def test_a_deferred_message_is_fetched_by_its_number(bus, clients) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    sender.send_messages(ServiceBusMessage("later"))
    message = one(receiver)
    receiver.defer_message(message)

    assert receiver.receive_messages(max_wait_time=SOON) == []
    (seen,) = receiver.peek_messages(sequence_number=1)
    assert seen.state == ServiceBusMessageState.DEFERRED
    (got,) = receiver.receive_deferred_messages(message.sequence_number)
    assert (text(got), got.state) == ("later", ServiceBusMessageState.DEFERRED)
    receiver.complete_message(got)


@pytest.mark.parametrize("settle", ["abandon_message", "defer_message", "dead_letter_message"])
@row
def test_a_deferred_message_is_settled_again(bus, clients, settle) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    sender.send_messages(ServiceBusMessage("later"))
    message = one(receiver)
    receiver.defer_message(message)
    (got,) = receiver.receive_deferred_messages(message.sequence_number)
    getattr(receiver, settle)(got)

    if settle == "dead_letter_message":
        dead = clients.receiver("work", sub_queue=ServiceBusSubQueue.DEAD_LETTER)
        dead.complete_message(one(dead))
    else:
        (again,) = receiver.receive_deferred_messages(message.sequence_number)
        receiver.complete_message(again)


@row
def test_a_number_that_was_not_deferred_is_not_found(bus, clients) -> None:
    receiver = clients.receiver("work")
    with pytest.raises(ServiceBusError, match="999999"):
        receiver.receive_deferred_messages(999999)


@row
def test_receive_and_delete(bus, clients) -> None:
    clients.sender("gone").send_messages([ServiceBusMessage("a"), ServiceBusMessage("b")])
    receiver = clients.receiver("gone", receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE)
    got = [text(one(receiver)) for _ in range(2)]

    assert got == ["a", "b"]
    assert bus.waiting("gone") == 0


@row
def test_a_message_is_settled_once(bus, clients) -> None:
    sender, receiver = clients.sender("work"), clients.receiver("work")
    sender.send_messages(ServiceBusMessage("once"))
    message = one(receiver)
    receiver.complete_message(message)

    with pytest.raises(MessageAlreadySettled):
        receiver.complete_message(message)


@row
def test_what_was_prefetched_is_given_back_uncounted(bus, clients) -> None:
    clients.sender("buffered").send_messages([ServiceBusMessage(f"{number}") for number in range(5)])
    with clients.own_receiver("buffered", prefetch_count=10) as receiver:
        receiver.complete_message(one(receiver))
    other = clients.receiver("buffered")
    got = [one(other) for _ in range(4)]
    for message in got:
        other.complete_message(message)

    assert [(text(message), message.delivery_count) for message in got] == [(f"{n}", 0) for n in range(1, 5)]
