"""infra.emulators.service_bus.broker.receiver"""

import pytest

from infra.emulators.service_bus.broker.contract import SessionRequest
from infra.emulators.service_bus.broker.errors import SessionLockLost
from tests.infra.emulators.service_bus.broker.world import SECOND, everything, message, one_queue, receiver, taken


def test_closing_leaves_locks_alone() -> None:
    of, _ = one_queue()
    of.send([message("a")])
    link = receiver(of)
    got = taken(link)
    link.close()

    assert (link.session_id, link.locked_until) == (None, None)
    assert receiver(of).take() is None
    of.complete(got.lock_token)


def test_closing_gives_a_session_up_and_counts_nothing() -> None:
    of, clock = one_queue(requires_session=True, max_delivery_count=1)
    of.send([message("a", session="1"), message("b", session="1")])
    link = receiver(of, session=SessionRequest(id="1"))
    assert link.locked_until == clock.now() + of.config.lock_duration
    taken(link)
    link.close()
    link.close()
    assert link.locked_until is None

    again = receiver(of, session=SessionRequest(id="1"))
    assert taken(again).delivery_count == 0
    assert everything(again) == ["b"]


def test_a_lost_session_gives_nothing_and_says_so() -> None:
    of, clock = one_queue(requires_session=True, lock_duration=SECOND)
    woken: list[str] = []
    of.send([message("a", session="1")])
    link = receiver(of, session=SessionRequest(id="1"), wake=lambda: woken.append("x"))
    clock.advance(1)

    with pytest.raises(SessionLockLost, match="session '1' expired"):
        link.take()
    assert woken == ["x"]
    other = receiver(of, session=SessionRequest(id="1"))
    link.close()
    assert taken(other).delivery_count == 0
