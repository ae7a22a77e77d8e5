"""infra.emulators.service_bus.broker.holding"""

from datetime import timedelta

import pytest

from infra.emulators.service_bus.broker.config import QueueConfig, SubscriptionConfig, TopicConfig
from tests.infra.emulators.service_bus.broker.world import (
    SECOND,
    bodies,
    everything,
    message,
    one_queue,
    queue,
    receiver,
    taken,
    world,
)


def reason(stored) -> tuple[object, object]:
    properties = stored.message.application_properties
    return properties["DeadLetterReason"], properties["DeadLetterErrorDescription"]


def test_the_last_attempt_that_counts_makes_a_dead_letter() -> None:
    of, clock = one_queue(max_delivery_count=3, lock_duration=SECOND)
    of.send([message("a")])
    link = receiver(of)
    of.abandon(taken(link).lock_token)
    taken(link)
    clock.advance(1)
    assert taken(link).delivery_count == 2
    clock.advance(1)
    assert link.take() is None
    [dead] = of.dead_letters.peek()

    assert reason(dead) == (
        "MaxDeliveryCountExceeded",
        "Message could not be consumed after 3 delivery attempts.",
    )
    assert dead.delivery_count == 3


@pytest.mark.parametrize(("own", "default", "lives"), [(5, 60, 5), (60, 5, 5), (None, 5, 5)])
def test_the_shorter_time_to_live_counts(own, default, lives) -> None:
    of, clock = one_queue(default_ttl=default * SECOND)
    of.send([message("a", ttl=own)])
    clock.advance(lives - 0.001)
    assert len(of.peek()) == 1
    clock.advance(0.001)

    assert of.peek() == []
    assert of.dead_letters.peek() == []


def test_the_longest_time_there_is_means_never() -> None:
    of, clock = one_queue(default_ttl=timedelta.max)
    of.send([message("a")])
    clock.advance(timedelta(days=365 * 100))

    assert of.peek()[0].expires_at is None


def test_the_expired_become_dead_letters_when_asked() -> None:
    of, clock = one_queue(default_ttl=SECOND, dead_letters_expired=True)
    of.send([message("a")])
    clock.advance(1)

    assert receiver(of).take() is None
    assert reason(of.dead_letters.peek()[0]) == ("TTLExpiredException", "The message expired and was dead lettered.")


def test_a_locked_message_does_not_expire_before_its_lock() -> None:
    of, clock = one_queue(default_ttl=SECOND, lock_duration=10 * SECOND)
    of.send([message("a"), message("b")])
    link = receiver(of)
    first, second = taken(link), taken(link)
    clock.advance(5)
    of.complete(first.lock_token)
    of.abandon(second.lock_token)

    assert link.take() is None
    assert of.bytes == 0


def test_receivers_are_woken_by_what_comes_and_returns() -> None:
    of, clock = one_queue(lock_duration=SECOND)
    woken: list[str] = []
    link = receiver(of, wake=lambda: woken.append("x"))
    of.send([message("a")])
    taken(link)
    assert len(woken) == 1
    clock.advance(1)
    of.peek()
    assert len(woken) == 2

    link.close()
    of.send([message("b")])
    assert len(woken) == 2


def test_messages_are_forwarded() -> None:
    namespace, _ = world(QueueConfig(name="a", forward_to="B"), QueueConfig(name="b", duplicate_window=SECOND))
    queue(namespace, "a").send([message("x", id_="1"), message("y", id_="1")])

    assert bodies(queue(namespace, "b").peek(limit=9)) == ["x"]
    assert queue(namespace, "a").peek() == []


def test_what_the_target_refuses_is_a_dead_letter_of_the_forwarder() -> None:
    namespace, _ = world(QueueConfig(name="a", forward_to="b"), QueueConfig(name="b", requires_session=True))
    queue(namespace, "a").send([message("x")])
    [dead] = queue(namespace, "a/$DeadLetterQueue").peek()

    assert reason(dead)[0] == "amqp:not-allowed"
    assert dead.dead_letter_source == "a"


def test_dead_letters_are_forwarded_with_their_source() -> None:
    namespace, clock = world(QueueConfig(name="a", forward_dead_letters_to="b"), QueueConfig(name="b"))
    first = queue(namespace, "a")
    first.send([message("x")])
    clock.advance(1)
    first.dead_letter(taken(receiver(first)).lock_token, "bad", "")
    got = taken(receiver(queue(namespace, "b")))

    assert (got.dead_letter_source, got.enqueued_sequence_number, got.delivery_count) == ("a", 1, 0)
    assert got.enqueued == clock.now()
    assert queue(namespace, "a/$DeadLetterQueue").peek() == []


def test_a_dead_letter_that_cannot_be_forwarded_stays() -> None:
    target = QueueConfig(name="b", requires_session=True)
    namespace, _ = world(QueueConfig(name="a", forward_dead_letters_to="b"), target)
    first = queue(namespace, "a")
    first.send([message("x")])
    first.dead_letter(taken(receiver(first)).lock_token, "bad", "")

    assert bodies(queue(namespace, "a/$DeadLetterQueue").peek()) == ["x"]


def test_a_subscription_forwards_its_copies() -> None:
    subscription = SubscriptionConfig(name="s", forward_to="q")
    namespace, _ = world(QueueConfig(name="q"), topics=(TopicConfig(name="t", subscriptions=(subscription,)),))
    namespace.entity("t").send([message("x")])

    assert everything(receiver(queue(namespace, "q"))) == ["x"]
