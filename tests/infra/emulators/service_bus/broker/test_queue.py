"""infra.emulators.service_bus.broker.queue"""

import uuid

import pytest

from infra.emulators.service_bus.broker.contract import SessionRequest, State
from infra.emulators.service_bus.broker.errors import (
    MessageLockLost,
    MessageNotFound,
    OperationNotAllowed,
    SessionRequired,
)
from tests.infra.emulators.service_bus.broker.world import (
    SECOND,
    bodies,
    everything,
    message,
    one_queue,
    receiver,
    taken,
)


def test_a_locked_message_is_given_to_nobody_else() -> None:
    of, clock = one_queue(lock_duration=30 * SECOND)
    of.send([message("a")])
    got = taken(receiver(of))

    assert receiver(of).take() is None
    assert (got.delivery_count, got.sequence_number, got.locked_until) == (0, 1, clock.now() + 30 * SECOND)


def test_completed_is_gone() -> None:
    of, clock = one_queue()
    of.send([message("a")])
    of.complete(taken(receiver(of)).lock_token)
    clock.advance(3600)

    assert of.peek() == []
    assert of.bytes == 0


def test_abandoned_returns_to_its_place_with_changes() -> None:
    of, _ = one_queue()
    of.send([message("a", old=1, kept=1), message("b")])
    link = receiver(of)
    of.abandon(taken(link).lock_token, {"old": 2})
    again = taken(link)

    assert again.message.body == b"a"
    assert again.delivery_count == 1
    assert again.message.application_properties == {"old": 2, "kept": 1}


def test_released_returns_uncounted() -> None:
    of, _ = one_queue(max_delivery_count=1)
    of.send([message("a")])
    link = receiver(of)
    of.release(taken(link).lock_token)

    assert taken(link).delivery_count == 0


def test_a_lock_ends_and_settles_no_more() -> None:
    of, clock = one_queue(lock_duration=SECOND)
    of.send([message("a")])
    link = receiver(of)
    first = taken(link)
    clock.advance(1)

    with pytest.raises(MessageLockLost, match=str(first.lock_token)):
        of.complete(first.lock_token)
    again = taken(link)
    assert again.delivery_count == 1
    of.complete(again.lock_token)


def test_a_renewed_lock_holds_from_then() -> None:
    of, clock = one_queue(lock_duration=2 * SECOND)
    of.send([message("a")])
    got = taken(receiver(of))
    clock.advance(1.5)
    assert of.renew(got.lock_token) == clock.now() + 2 * SECOND
    clock.advance(1.5)
    of.complete(got.lock_token)

    with pytest.raises(MessageLockLost):
        of.renew(got.lock_token)


@pytest.mark.parametrize("settle", ["complete", "abandon", "defer", "dead_letter", "release", "renew"])
def test_an_unknown_token_settles_nothing(settle) -> None:
    of, _ = one_queue()

    with pytest.raises(MessageLockLost) as raised:
        getattr(of, settle)(uuid.uuid4())
    assert raised.value.condition == "com.microsoft:message-lock-lost"


def test_receive_and_delete_gives_once() -> None:
    of, clock = one_queue()
    of.send([message("a")])
    got = taken(receiver(of, mode="receive_and_delete"))
    clock.advance(3600)

    assert got.message.body == b"a"
    assert of.peek() == []
    with pytest.raises(MessageLockLost):
        of.complete(got.lock_token)


def test_deferred_comes_only_by_its_number() -> None:
    of, clock = one_queue(default_ttl=10 * SECOND)
    of.send([message("a")])
    of.defer(taken(receiver(of)).lock_token, {"why": "later"})
    clock.advance(60)
    assert receiver(of).take() is None
    assert of.peek()[0].state is State.DEFERRED

    [got] = of.receive_deferred([1], mode="peek_lock")
    assert got.message.application_properties == {"why": "later"}
    with pytest.raises(MessageNotFound, match="no deferred message 1 that is free"):
        of.receive_deferred([1], mode="peek_lock")
    of.abandon(got.lock_token)
    assert of.peek()[0].state is State.DEFERRED
    [again] = of.receive_deferred([1], mode="receive_and_delete")
    assert again.delivery_count == 1
    assert of.peek() == []


def test_deferred_messages_come_all_or_none() -> None:
    of, _ = one_queue()
    of.send([message("a")])
    of.defer(taken(receiver(of)).lock_token)
    with pytest.raises(MessageNotFound):
        of.receive_deferred([1, 2], mode="receive_and_delete")

    assert len(of.receive_deferred([1], mode="receive_and_delete")) == 1


def test_dead_letters_say_why_and_keep_the_rest() -> None:
    of, clock = one_queue()
    of.send([message("a", id_="x", kept=1)])
    enqueued = clock.now()
    clock.advance(1)
    of.dead_letter(taken(receiver(of)).lock_token, "bad", "no JSON", {"more": 2})
    [dead] = of.dead_letters.peek()

    assert dead.message.application_properties == {
        "kept": 1,
        "more": 2,
        "DeadLetterReason": "bad",
        "DeadLetterErrorDescription": "no JSON",
    }
    assert dead.message.properties.message_id == "x"
    assert (dead.dead_letter_source, dead.enqueued, dead.enqueued_sequence_number) == ("q", enqueued, 1)
    assert of.peek() == []


def test_dead_letters_stay_until_they_are_completed() -> None:
    of, clock = one_queue(default_ttl=10 * SECOND)
    of.send([message("a")])
    of.dead_letter(taken(receiver(of)).lock_token)
    link = receiver(of.dead_letters)
    for _ in range(20):
        of.dead_letters.abandon(taken(link).lock_token)
    clock.advance(24 * 3600)
    of.dead_letters.dead_letter(taken(link).lock_token, "still bad")
    got = taken(link)

    assert got.message.application_properties["DeadLetterReason"] == "still bad"
    of.dead_letters.complete(got.lock_token)
    assert of.bytes == 0
    with pytest.raises(OperationNotAllowed, match="only its owner"):
        of.dead_letters.send([message()])


def test_peeking_locks_nothing_and_goes_on_from_a_number() -> None:
    of, _ = one_queue()
    of.send([message(text) for text in "abcd"])
    link = receiver(of)
    taken(link)
    assert bodies(of.peek(limit=2)) == ["a", "b"]
    assert bodies(of.peek(from_sequence_number=3, limit=9)) == ["c", "d"]
    assert everything(link) == ["b", "c", "d"]


def test_sessions_are_asked_for_where_there_are_some() -> None:
    plain, _ = one_queue()
    sessions, _ = one_queue(requires_session=True)
    with pytest.raises(SessionRequired, match="'q' has sessions"):
        receiver(sessions)
    with pytest.raises(OperationNotAllowed, match="'q' has no sessions"):
        receiver(plain, session=SessionRequest())
