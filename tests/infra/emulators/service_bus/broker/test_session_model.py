"""A queue with sessions against a model: one holder, in order within a session, the longest waiting one first."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from infra.emulators.service_bus.broker.config import QueueConfig
from infra.emulators.service_bus.broker.contract import Receiver, SessionRequest
from infra.emulators.service_bus.broker.errors import NoSessionAvailable, SessionCannotBeLocked, SessionLockLost
from tests.infra.emulators.service_bus.broker.world import SECOND, message, queue, world

IDS = st.sampled_from("abc")
LOCK = 10 * SECOND


class SessionModel(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        config = QueueConfig(name="q", requires_session=True, lock_duration=LOCK, max_delivery_count=10**6)
        self.namespace, self.clock = world(config)
        self.queue = queue(self.namespace, "q")
        self.waiting: dict[str, list[int]] = {session: [] for session in "abc"}
        self.locked: dict[str, dict[int, object]] = {session: {} for session in "abc"}
        self.attempts: dict[int, int] = {}
        self.holders: dict[str, Receiver] = {}
        self.until: dict[str, object] = {}

    @rule(session=IDS)
    def send(self, session: str) -> None:
        self.queue.send([message(session=session)])
        number = len(self.attempts) + 1
        self.attempts[number] = 0
        self.waiting[session].append(number)

    @rule(session=IDS)
    def accept(self, session: str) -> None:
        if session in self.holders:
            with pytest.raises(SessionCannotBeLocked):
                self._open(session)
        else:
            self._held(self._open(session))

    @rule()
    def accept_next(self) -> None:
        free = {min(numbers): id_ for id_, numbers in self.waiting.items() if numbers and id_ not in self.holders}
        if not free:
            with pytest.raises(NoSessionAvailable):
                self._open(None)
            return
        link = self._open(None)
        assert link.session_id == free[min(free)]
        self._held(link)

    def _open(self, session: str | None) -> Receiver:
        return self.queue.open_receiver(mode="peek_lock", session=SessionRequest(id=session), wake=lambda: None)

    def _held(self, link: Receiver) -> None:
        self.holders[str(link.session_id)] = link
        self.until[str(link.session_id)] = self.clock.now() + LOCK

    @precondition(lambda self: self.holders)
    @rule(data=st.data())
    def take(self, data) -> None:
        session = data.draw(st.sampled_from(sorted(self.holders)))
        got = self.holders[session].take()
        if got is None:
            assert self.waiting[session] == []
            return
        number = min(self.waiting[session])
        assert (got.sequence_number, got.delivery_count) == (number, self.attempts[number])
        assert got.locked_until == self.until[session]
        self.waiting[session].remove(number)
        self.locked[session][number] = got.lock_token

    @precondition(lambda self: any(self.locked.values()))
    @rule(data=st.data(), how=st.sampled_from(["complete", "abandon", "release"]))
    def settle(self, data, how: str) -> None:
        session = data.draw(st.sampled_from(sorted(id_ for id_, each in self.locked.items() if each)))
        number = data.draw(st.sampled_from(sorted(self.locked[session])))
        getattr(self.queue, how)(self.locked[session].pop(number))
        if how != "complete":
            self.waiting[session].append(number)
            self.attempts[number] += how == "abandon"

    @precondition(lambda self: self.holders)
    @rule(data=st.data())
    def renew(self, data) -> None:
        session = data.draw(st.sampled_from(sorted(self.holders)))
        self.until[session] = self.queue.renew_session(session, self.holders[session])

    @precondition(lambda self: self.holders)
    @rule(data=st.data())
    def close(self, data) -> None:
        session = data.draw(st.sampled_from(sorted(self.holders)))
        self.holders[session].close()
        self._freed(session, counted=False)

    @rule(seconds=st.integers(1, 11))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.namespace.tick()
        for session, until in list(self.until.items()):
            if until <= self.clock.now():
                link = self.holders[session]
                self._freed(session, counted=True)
                with pytest.raises(SessionLockLost):
                    link.take()

    def _freed(self, session: str, *, counted: bool) -> None:
        del self.holders[session], self.until[session]
        for number in self.locked[session]:
            self.attempts[number] += counted
            self.waiting[session].append(number)
        self.locked[session].clear()

    @invariant()
    def nothing_is_lost(self) -> None:
        for session, numbers in getattr(self, "waiting", {}).items():
            there = self.queue.peek(limit=1000, session_id=session)
            assert [each.sequence_number for each in there] == sorted([*numbers, *self.locked[session]])


def test_sessions_behave_as_their_model() -> None:
    run_state_machine_as_test(
        SessionModel,
        settings=settings(
            max_examples=60, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
