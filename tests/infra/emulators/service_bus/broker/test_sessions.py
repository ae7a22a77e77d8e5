"""infra.emulators.service_bus.broker.sessions"""

import pytest

from infra.emulators.service_bus.broker.contract import Receiver, SessionRequest
from infra.emulators.service_bus.broker.errors import (
    MessageNotFound,
    NoSessionAvailable,
    SessionCannotBeLocked,
    SessionLockLost,
)
from infra.emulators.service_bus.broker.queue import Queue
from infra.emulators.service_bus.broker.sessions import SPARE
from tests.infra.emulators.service_bus.broker.world import SECOND, bodies, everything, message, one_queue, taken


def sessions(**config) -> tuple[Queue, object]:
    return one_queue(requires_session=True, **config)


def accept(of: Queue, session: str | None = None) -> Receiver:
    return of.open_receiver(mode="peek_lock", session=SessionRequest(id=session), wake=lambda: None)


def test_a_receiver_gets_its_session_in_order() -> None:
    of, _ = sessions()
    of.send([message("a1", session="a"), message("b1", session="b"), message("a2", session="a")])

    assert everything(accept(of, "a")) == ["a1", "a2"]


def test_an_abandoned_message_comes_before_the_rest_of_its_session() -> None:
    of, _ = sessions()
    of.send([message("a1", session="a"), message("a2", session="a")])
    link = accept(of, "a")
    of.abandon(taken(link).lock_token)

    assert everything(link) == ["a1", "a2"]


def test_a_session_has_one_receiver() -> None:
    of, _ = sessions()
    accept(of, "a")

    with pytest.raises(SessionCannotBeLocked, match="Session 'a' of 'q' is locked by another receiver until 2026"):
        accept(of, "a")


def test_the_next_free_one_waits_longest() -> None:
    of, _ = sessions()
    of.send([message(session=each) for each in "abc"])
    first = accept(of)
    second = accept(of)
    assert (first.session_id, second.session_id) == ("a", "b")
    of.complete(taken(first).lock_token)
    first.close()
    of.send([message(session="a")])
    second.close()

    assert [accept(of).session_id for _ in "123"] == ["b", "c", "a"]
    with pytest.raises(NoSessionAvailable):
        accept(of)


def test_a_session_whose_oldest_message_expired_is_still_found() -> None:
    of, clock = sessions()
    of.send([message("old", session="a", ttl=1), message("new", session="a")])
    clock.advance(1)

    assert everything(accept(of)) == ["new"]


def test_a_session_whose_messages_all_expired_is_forgotten() -> None:
    of, clock = sessions()
    of.send([message("old", session="a", ttl=1)])
    clock.advance(1)

    with pytest.raises(NoSessionAvailable):
        accept(of)
    assert of._sessions.find("a") is None


def test_the_end_of_a_session_counts_for_what_was_locked() -> None:
    of, clock = sessions(lock_duration=SECOND)
    of.send([message("a1", session="a"), message("a2", session="a")])
    lost = taken(accept(of, "a"))
    clock.advance(1)
    link = accept(of, "a")

    with pytest.raises(SessionLockLost):
        of.complete(lost.lock_token)
    assert [taken(link).delivery_count, taken(link).delivery_count] == [1, 0]


def test_a_renewed_session_holds_its_messages() -> None:
    of, clock = sessions(lock_duration=2 * SECOND)
    of.send([message(session="a")])
    link = accept(of, "a")
    got = taken(link)
    clock.advance(1.5)
    assert of.renew_session("a", link) == clock.now() + 2 * SECOND == link.locked_until
    assert of.renew(got.lock_token) == link.locked_until
    clock.advance(1.5)
    of.complete(got.lock_token)


def test_only_its_holder_renews_a_session() -> None:
    of, _ = sessions()
    accept(of, "a")
    other = accept(of, "b")
    with pytest.raises(SessionLockLost, match="locked by another receiver"):
        of.renew_session("a", other)
    other.close()
    with pytest.raises(SessionLockLost, match="'b' of 'q' is not locked"):
        of.renew_session("b")


def test_a_sessions_state_outlives_its_holder() -> None:
    of, _ = sessions()
    link = accept(of, "a")
    assert of.session_state("a") is None
    of.set_session_state("a", b"step 1")
    link.close()
    with pytest.raises(SessionLockLost):
        of.session_state("a")
    link = accept(of, "a")
    assert of.session_state("a") == b"step 1"

    of.set_session_state("a", None)
    link.close()
    assert of._sessions.find("a") is None


def test_sessions_are_listed_by_messages_or_by_state() -> None:
    of, clock = sessions()
    of.send([message(session=each) for each in "cab"])
    accept(of, "x")
    of.set_session_state("x", b"")
    before = clock.now() - SECOND

    assert of.session_ids(updated_since=None, skip=0, top=2) == ["a", "b"]
    assert of.session_ids(updated_since=None, skip=2, top=2) == ["c"]
    assert of.session_ids(updated_since=before, skip=0, top=9) == ["x"]
    assert of.session_ids(updated_since=clock.now(), skip=0, top=9) == []


def test_who_waits_for_a_session_is_told() -> None:
    of, _ = sessions()
    woken: list[str] = []
    stop = of.watch_sessions(lambda: woken.append("x"))
    of.send([message(session="a")])
    assert len(woken) == 1
    link = accept(of)
    of.send([message(session="a")])
    assert len(woken) == 1
    link.close()
    assert len(woken) > 1

    told = len(woken)
    stop()
    of.send([message(session="b")])
    assert len(woken) == told


def test_peeking_and_deferring_keep_to_the_session() -> None:
    of, _ = sessions()
    of.send([message("a1", session="a"), message("b1", session="b")])
    link = accept(of, "b")
    accept(of, "a")
    of.defer(taken(link).lock_token)
    assert bodies(of.peek(limit=9, session_id="b")) == ["b1"]
    with pytest.raises(MessageNotFound, match="is not of session 'a'"):
        of.receive_deferred([2], mode="peek_lock", session_id="a")

    [got] = of.receive_deferred([2], mode="peek_lock", session_id="b")
    assert got.locked_until == link.locked_until


def test_dead_letters_of_sessions_are_received_without_one() -> None:
    of, _ = sessions()
    of.send([message("a1", session="a")])
    of.dead_letter(taken(accept(of)).lock_token)
    dead = of.dead_letters.open_receiver(mode="peek_lock", wake=lambda: None)

    assert taken(dead).message.properties.group_id == "a"


def test_sessions_that_were_free_once_do_not_pile_up() -> None:
    of, _ = sessions()
    of.send([message(session="a")])
    for _ in range(3 * SPARE):
        accept(of, "a").close()

    assert len(of._sessions._free) <= 2 * SPARE
    assert accept(of).session_id == "a"


def test_what_a_session_had_before_does_not_make_it_the_next_one() -> None:
    of, _ = sessions()
    of.send([message("a1", session="a"), message("b1", session="b"), message("a2", session="a")])
    link = accept(of, "a")
    of.complete(taken(link).lock_token)
    link.close()

    assert accept(of).session_id == "b"
