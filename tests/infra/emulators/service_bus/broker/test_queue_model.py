"""A queue against a model of it: nothing lost, nothing given twice, counted right, in order, also over restarts."""

import shutil
import tempfile
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from infra.emulators.service_bus.broker.clock import ManualClock
from infra.emulators.service_bus.broker.config import NamespaceConfig, QueueConfig
from infra.emulators.service_bus.broker.contract import State
from infra.emulators.service_bus.broker.errors import MessageLockLost, MessageNotFound
from infra.emulators.service_bus.broker.namespace import Namespace
from infra.emulators.service_bus.broker.sqlite_journal import SqliteJournal
from infra.emulators.service_bus.message import Message
from tests.infra.emulators.service_bus.broker.world import SECOND, queue, receiver

MOST = 3
LOCK = 10 * SECOND
CONFIG = NamespaceConfig(queues=(QueueConfig(name="q", lock_duration=LOCK, max_delivery_count=MOST),))


@dataclass
class Known:
    """What the model knows of one message."""

    expires: datetime
    attempts: int = 0
    deferred: bool = False
    token: uuid.UUID | None = None
    until: datetime | None = None


class QueueModel(RuleBasedStateMachine):
    tokens: Bundle[uuid.UUID] = Bundle("tokens")

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.clock = ManualClock()
        self.known: dict[int, Known] = {}
        self.dead: set[int] = set()
        self.scheduled: dict[int, datetime] = {}
        self.last = 0
        self._open()

    def _open(self) -> None:
        self.namespace = Namespace(CONFIG, clock=self.clock, journal=SqliteJournal(self.folder))
        self.queue = queue(self.namespace, "q")
        self.link = receiver(self.queue)

    def teardown(self) -> None:
        if hasattr(self, "namespace"):
            self._settle_everything()
            self.namespace.close()
            shutil.rmtree(self.folder)

    @rule(count=st.integers(1, 3), ttl=st.sampled_from([5, 15, 1000]))
    def send(self, count: int, ttl: int) -> None:
        self.queue.send([Message(body=b"", ttl=ttl, size=1) for _ in range(count)])
        for _ in range(count):
            self._begin(ttl)

    def _begin(self, ttl: float) -> None:
        self.last += 1
        self.known[self.last] = Known(self.clock.now() + ttl * SECOND)

    @rule(after=st.integers(1, 12))
    def schedule(self, after: int) -> None:
        at = self.clock.now() + after * SECOND
        [number] = self.queue.schedule([(Message(body=b"", size=1), at)])
        self.last += 1
        assert number == self.last
        self.scheduled[number] = at

    @rule(target=tokens)
    def take(self):
        got = self.link.take()
        waiting = [number for number, each in self.known.items() if not each.deferred and each.token is None]
        if got is None:
            assert waiting == []
            return multiple()
        assert got.sequence_number == min(waiting)
        return self._locked(got)

    @rule(target=tokens, number=st.integers(1, 20))
    def take_deferred(self, number: int):
        known = self.known.get(number)
        try:
            [got] = self.queue.receive_deferred([number], mode="peek_lock")
        except MessageNotFound:
            assert known is None or not known.deferred or known.token is not None
            return multiple()
        return self._locked(got)

    def _locked(self, got) -> uuid.UUID:
        known = self.known[got.sequence_number]
        assert known.token is None
        assert got.delivery_count == known.attempts
        known.token, known.until = got.lock_token, got.locked_until
        assert known.until == self.clock.now() + LOCK
        return got.lock_token

    @rule(token=consumes(tokens), how=st.sampled_from(["complete", "abandon", "release", "defer", "dead_letter"]))
    def settle(self, token: uuid.UUID, how: str) -> None:
        number = next((number for number, each in self.known.items() if each.token == token), None)
        if number is None:
            with pytest.raises(MessageLockLost):
                getattr(self.queue, how)(token)
            return
        getattr(self.queue, how)(token)
        known = self.known[number]
        if how == "complete":
            del self.known[number]
        elif how == "dead_letter":
            self._die(number)
        else:
            known.deferred = known.deferred or how == "defer"
            self._return(number, counted=how == "abandon")

    @rule(token=tokens)
    def renew(self, token: uuid.UUID) -> None:
        known = next((each for each in self.known.values() if each.token == token), None)
        if known is None:
            with pytest.raises(MessageLockLost):
                self.queue.renew(token)
        else:
            known.until = self.queue.renew(token)
            assert known.until == self.clock.now() + LOCK

    @rule(seconds=st.sampled_from([1, 4, 10, 60]))
    def time_passes(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.advance(1)
            self._what_time_brings()

    @rule()
    def restart(self) -> None:
        self.namespace.close()
        self._open()
        for number, known in list(self.known.items()):
            if known.token is not None:
                self._return(number, counted=False)

    def _what_time_brings(self) -> None:
        now = self.clock.now()
        for number, known in list(self.known.items()):
            if known.until is not None and known.until <= now:
                self._return(number, counted=True)
            elif known.token is None and not known.deferred and known.expires <= now:
                del self.known[number]
        for number, at in sorted(self.scheduled.items(), key=lambda item: (item[1], item[0])):
            if at <= now:
                del self.scheduled[number]
                self._begin(3600)
        self.namespace.tick()

    def _return(self, number: int, *, counted: bool) -> None:
        known = self.known[number]
        known.token = known.until = None
        known.attempts += counted
        if counted and known.attempts == MOST:
            self._die(number)
        elif not known.deferred and known.expires <= self.clock.now():
            del self.known[number]

    def _die(self, number: int) -> None:
        del self.known[number]
        self.dead.add(number)

    @invariant()
    def nothing_is_lost(self) -> None:
        if not hasattr(self, "queue"):
            return
        found = self.queue.peek(limit=1000)
        assert [each.sequence_number for each in found] == sorted([*self.known, *self.scheduled])
        assert {each.sequence_number for each in found if each.state is State.DEFERRED} == {
            number for number, known in self.known.items() if known.deferred
        }
        dead = {each.enqueued_sequence_number for each in self.queue.dead_letters.peek(limit=1000)}
        assert dead == self.dead
        assert self.queue.bytes == len(found) + len(dead)

    def _settle_everything(self) -> None:
        self.restart()
        for number, known in list(self.known.items()):
            if known.deferred:
                self.queue.receive_deferred([number], mode="receive_and_delete")
        self.queue.cancel(list(self.scheduled))
        for of in (self.queue, self.queue.dead_letters):
            link = receiver(of)
            while (got := link.take()) is not None:
                of.complete(got.lock_token)
        assert self.queue.bytes == 0
        assert self.queue.peek() == []
        assert self.namespace.next_tick() is None


def test_the_queue_behaves_as_its_model() -> None:
    run_state_machine_as_test(
        QueueModel,
        settings=settings(
            max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
