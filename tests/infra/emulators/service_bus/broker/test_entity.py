"""infra.emulators.service_bus.broker.entity"""

from datetime import timedelta

import pytest

from infra.emulators.service_bus.amqp.types import Timestamp
from infra.emulators.service_bus.broker.config import QueueConfig
from infra.emulators.service_bus.broker.contract import State
from infra.emulators.service_bus.broker.entity import SCHEDULED_FOR
from infra.emulators.service_bus.broker.errors import MessageNotFound, MessageTooLarge, QuotaExceeded, SessionRequired
from tests.infra.emulators.service_bus.broker.world import (
    SECOND,
    bodies,
    everything,
    message,
    one_queue,
    queue,
    receiver,
    world,
)


def test_messages_come_in_the_order_of_sending() -> None:
    of, _ = one_queue()
    of.send([message("a"), message("b")])
    of.send([message("c")])

    assert everything(receiver(of)) == ["a", "b", "c"]


def test_a_batch_is_taken_whole_or_not_at_all() -> None:
    namespace, _ = world(QueueConfig(name="q"), QueueConfig(name="s", requires_session=True), max_message_bytes=3)
    plain, sessions = queue(namespace, "q"), queue(namespace, "s")

    with pytest.raises(MessageTooLarge, match="has 4 bytes, and 'q' takes at most 3"):
        plain.send([message("a"), message("long")])
    with pytest.raises(SessionRequired):
        sessions.send([message("a", session="1"), message("b")])
    assert plain.peek(limit=9) == sessions.peek(limit=9) == []


def test_a_full_entity_takes_no_more_until_messages_are_gone() -> None:
    namespace, _ = world(QueueConfig(name="q"), max_entity_bytes=5)
    of = queue(namespace, "q")
    of.send([message("abc")])
    with pytest.raises(QuotaExceeded, match="'q' holds 3 bytes and may hold 5, so that 3 more do not fit"):
        of.send([message("def")])

    everything(receiver(of, mode="receive_and_delete"))
    of.send([message("def")])
    assert bodies(of.peek(limit=9)) == ["def"]


def test_dead_letters_count_against_the_quota() -> None:
    namespace, _ = world(QueueConfig(name="q"), max_entity_bytes=5)
    of = queue(namespace, "q")
    of.send([message("abc")])
    got = receiver(of).take()
    of.dead_letter(got.lock_token)

    with pytest.raises(QuotaExceeded):
        of.send([message("def")])


def test_a_message_for_later_waits_and_gets_a_new_number() -> None:
    of, clock = one_queue()
    at = clock.now() + 10 * SECOND
    assert of.schedule([(message("later"), at)]) == [1]
    [waiting] = of.peek(limit=9)
    assert (waiting.state, waiting.scheduled_for) == (State.SCHEDULED, at)
    of.send([message("now")])
    assert everything(receiver(of)) == ["now"]

    clock.advance(10)
    [_, active] = of.peek(limit=9)
    assert (active.sequence_number, active.state, active.enqueued) == (3, State.ACTIVE, at)


def test_the_annotation_schedules_too() -> None:
    of, clock = one_queue()
    later = message("later")
    later.annotations[SCHEDULED_FOR] = Timestamp.of(clock.now() + timedelta(seconds=1))
    past = message("past")
    past.annotations[SCHEDULED_FOR] = Timestamp.of(clock.now() - timedelta(seconds=1))
    of.send([later, past])
    link = receiver(of)
    assert everything(link) == ["past"]

    clock.advance(1)
    assert everything(link) == ["later"]


def test_time_to_live_begins_when_the_message_becomes_active() -> None:
    of, clock = one_queue()
    of.schedule([(message("a", ttl=5), clock.now() + 10 * SECOND)])
    clock.advance(14)

    assert bodies(of.peek()) == ["a"]


def test_scheduled_messages_can_be_cancelled_all_or_none() -> None:
    of, clock = one_queue()
    at = clock.now() + SECOND
    numbers = of.schedule([(message("a"), at), (message("b"), at)])
    with pytest.raises(MessageNotFound, match="no scheduled message 7"):
        of.cancel([numbers[0], 7])
    of.cancel([numbers[0]])
    clock.advance(1)

    assert everything(receiver(of)) == ["b"]
    with pytest.raises(MessageNotFound):
        of.cancel([numbers[1]])


def test_duplicates_are_dropped_in_silence() -> None:
    of, clock = one_queue(duplicate_window=10 * SECOND)
    of.send([message("a", id_="1"), message("b", id_="1"), message("c", id_="2")])
    clock.advance(10)
    of.send([message("d", id_="1")])

    assert everything(receiver(of)) == ["a", "c", "d"]
