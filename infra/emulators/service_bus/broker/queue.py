"""One queue: receivers open, messages are taken and settled, sessions are asked about."""

import sys
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import islice

from infra.emulators.service_bus.broker.bus import Alarm, Bus, Origin
from infra.emulators.service_bus.broker.config import QueueConfig
from infra.emulators.service_bus.broker.contract import (
    Changes,
    Locked,
    ReceiveMode,
    Receiver,
    SessionRequest,
    State,
    Stored,
)
from infra.emulators.service_bus.broker.errors import (
    MessageLockLost,
    MessageNotFound,
    NoSessionAvailable,
    OperationNotAllowed,
    SessionCannotBeLocked,
    SessionLockLost,
    SessionRequired,
)
from infra.emulators.service_bus.broker.holding import LOCK, SESSION, Holding, merge
from infra.emulators.service_bus.broker.line import Line
from infra.emulators.service_bus.broker.locks import Lock
from infra.emulators.service_bus.broker.receiver import LinkReceiver
from infra.emulators.service_bus.message import Message

DEAD_LETTER_SUFFIX = "/$DeadLetterQueue"


class Queue(Holding):
    """What can be received from. Every call first lets happen what time has brought."""

    def open_receiver(
        self, *, mode: ReceiveMode, session: SessionRequest | None = None, wake: Callable[[], None]
    ) -> Receiver:
        """`wake` is called when `take()` might give something, or when the session was lost; it must not call back.

        Raises SessionRequired, OperationNotAllowed, SessionCannotBeLocked, NoSessionAvailable.
        """
        now = self._bus.advance()
        if session is None:
            if self.config.requires_session:
                raise SessionRequired(
                    f"{self.path!r} has sessions; receive from one of them, or from the next free one."
                )
            return LinkReceiver(self, self._line, mode, wake)
        line = self._session_line(session)
        receiver = LinkReceiver(self, line, mode, wake)
        line.holder = receiver
        self._hold_session(line, now)
        return receiver

    def take(self, line: Line, mode: ReceiveMode) -> Locked | None:
        """The oldest message that waits in the line; for receivers."""
        now = self._bus.advance()
        if line.session_id is not None and line.holder is None:
            return None  # The session was lost just now.
        number = line.pop()
        return None if number is None else self._hand_out(self._store[number], line, mode, now)

    def leave(self, line: Line) -> None:
        """Gives up a session; for receivers."""
        self._bus.advance()
        self._free(line, counted=False)
        self._bus.journal.commit()

    def peek(self, *, from_sequence_number: int = 0, limit: int = 1, session_id: str | None = None) -> list[Stored]:
        """Messages in order, whatever their state, without locking them."""
        self._bus.advance()
        stored = self._store.beginning_at(from_sequence_number)
        if session_id is not None:
            stored = (each for each in stored if each.message.properties.group_id == session_id)
        return list(islice(stored, limit))

    def receive_deferred(
        self, sequence_numbers: Iterable[int], *, mode: ReceiveMode, session_id: str | None = None
    ) -> list[Locked]:
        """Deferred messages by their numbers, all or none."""
        now = self._bus.advance()
        line = self._held(session_id) if session_id is not None else self._line
        found = [self._deferred(number, session_id) for number in dict.fromkeys(sequence_numbers)]
        return [self._hand_out(stored, line, mode, now) for stored in found]

    def complete(self, token: uuid.UUID) -> None:
        """The message was handled and is gone."""
        self._remove(self._settle(token).number)
        self._bus.journal.commit()

    def abandon(self, token: uuid.UUID, changes: Changes | None = None) -> None:
        """The attempt failed; the message returns at once, or becomes a dead letter after its last attempt."""
        self._return(self._locked(token), counted=True, changes=changes)
        self._bus.journal.commit()

    def release(self, token: uuid.UUID) -> None:
        """Gives the message back; the attempt does not count."""
        self._return(self._locked(token), counted=False)
        self._bus.journal.commit()

    def defer(self, token: uuid.UUID, changes: Changes | None = None) -> None:
        """The message stays until it is asked for by its number; it does not expire."""
        stored = self._store[self._settle(token).number]
        stored.state = State.DEFERRED
        merge(stored, changes)
        self._store.changed(stored)
        self._bus.journal.commit()

    def dead_letter(
        self,
        token: uuid.UUID,
        reason: str | None = None,
        description: str | None = None,
        changes: Changes | None = None,
    ) -> None:
        """The message cannot be handled and moves to the dead-letter queue."""
        stored = self._store[self._settle(token).number]
        merge(stored, changes)
        self._kill(stored, reason, description)
        self._bus.journal.commit()

    def renew(self, token: uuid.UUID) -> datetime:
        """Holds the lock for another lock duration from now."""
        lock = self._locked(token)
        if lock.line.locked_until is not None:
            return lock.line.locked_until
        return self._hold(lock, self._bus.clock.now())

    def renew_session(self, session_id: str, receiver: Receiver | None = None) -> datetime:
        """Holds the session for another lock duration from now."""
        now = self._bus.advance()
        line = self._held(session_id)
        if receiver is not None and line.holder is not receiver:
            raise SessionLockLost(f"Session {session_id!r} of {self.path!r} is locked by another receiver.")
        return self._hold_session(line, now)

    def session_state(self, session_id: str) -> bytes | None:
        """What was set last; the session must be locked."""
        self._bus.advance()
        return self._held(session_id).state

    def set_session_state(self, session_id: str, state: bytes | None) -> None:
        """Kept with the session, also when nobody holds it; None forgets it. The session must be locked."""
        now = self._bus.advance()
        self._sessions.set_state(self._held(session_id), state, now)
        self._bus.journal.commit()

    def session_ids(self, *, updated_since: datetime | None, skip: int, top: int) -> list[str]:
        """Sessions whose state was set since then, or with None those that have messages."""
        self._bus.advance()
        return self._sessions.ids(updated_since)[skip : skip + top]

    def watch_sessions(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Calls `wake` when a session may have become free, until what is returned is called."""
        return self._sessions.watch(wake)

    def _check(self, messages: Sequence[Message]) -> None:
        super()._check(messages)
        if self.config.requires_session and any(message.properties.group_id is None for message in messages):
            raise SessionRequired(f"{self.path!r} has sessions, and the message names none; set its session id.")

    def _session_line(self, session: SessionRequest) -> Line:
        if not self.config.requires_session:
            raise OperationNotAllowed(f"{self.path!r} has no sessions; receive from it without one.")
        if session.id is None:
            line = self._sessions.next_free()
            if line is None:
                raise NoSessionAvailable(f"No session of {self.path!r} that has messages is free; try again later.")
            return line
        line = self._sessions.line(session.id)
        if line.holder is not None:
            raise SessionCannotBeLocked(
                f"Session {session.id!r} of {self.path!r} is locked by another receiver until {line.locked_until}."
            )
        return line

    def _held(self, session_id: str) -> Line:
        line = self._sessions.find(session_id)
        if line is None or line.holder is None:
            raise SessionLockLost(f"Session {session_id!r} of {self.path!r} is not locked; accept the session again.")
        return line

    def _deferred(self, number: int, session_id: str | None) -> Stored:
        stored = self._store.get(number)
        if stored is None or stored.state is not State.DEFERRED or self._locks.holds(number):
            raise MessageNotFound(f"{self.path!r} has no deferred message {number} that is free.")
        if self.config.requires_session and stored.message.properties.group_id != session_id:
            raise MessageNotFound(f"The deferred message {number} of {self.path!r} is not of session {session_id!r}.")
        return stored

    def _hand_out(self, stored: Stored, line: Line, mode: ReceiveMode, now: datetime) -> Locked:
        if mode == "receive_and_delete":
            self._remove(stored.sequence_number)
            self._bus.journal.commit()
            return _locked_copy(stored, uuid.uuid4(), now)
        self._cancel_expiry(stored.sequence_number)
        lock = self._locks.grant(stored.sequence_number, line)
        # Messages of a session are locked as long as the session is.
        return _locked_copy(stored, lock.token, line.locked_until or self._hold(lock, now))

    def _hold(self, lock: Lock, now: datetime) -> datetime:
        until = now + self.config.lock_duration
        self._bus.alarms.set(Alarm(self, LOCK, lock), until)
        return until

    def _hold_session(self, line: Line, now: datetime) -> datetime:
        line.locked_until = now + self.config.lock_duration
        self._bus.alarms.set(Alarm(self, SESSION, line), line.locked_until)
        return line.locked_until

    def _locked(self, token: uuid.UUID) -> Lock:
        self._bus.advance()
        lock = self._locks.find(token)
        if lock is not None:
            return lock
        if self.config.requires_session:
            raise SessionLockLost(
                f"The session that lock {token} of {self.path!r} belongs to is lost, or it was settled."
            )
        raise MessageLockLost(f"Lock {token} of {self.path!r} expired, or its message was settled already.")

    def _settle(self, token: uuid.UUID) -> Lock:
        lock = self._locked(token)
        self._unlock(lock)
        return lock


class DeadLetterQueue(Queue):
    """Where a queue's or subscription's dead letters wait to be looked at: never expiring, without sessions."""

    def __init__(self, owner: QueueConfig, path: str, bus: Bus) -> None:
        config = QueueConfig(name=owner.name, lock_duration=owner.lock_duration, max_delivery_count=sys.maxsize)
        super().__init__(config, path + DEAD_LETTER_SUFFIX, bus)

    def accept(self, message: Message, origin: Origin) -> None:
        """A dead letter is always taken: it was counted before."""
        self._deliver(message, origin)

    def _check(self, messages: Sequence[Message]) -> None:
        raise OperationNotAllowed(f"Nothing can be sent to {self.path!r}; only its owner puts dead letters there.")

    def _expiry(self, message: Message, enqueued: datetime) -> datetime | None:
        return None


class OwningQueue(Queue):
    """A queue with a dead-letter queue of its own."""

    def __init__(self, config: QueueConfig, path: str, bus: Bus) -> None:
        self.dead_letters = DeadLetterQueue(config, path, bus)
        super().__init__(config, path, bus, self.dead_letters)

    @property
    def bytes(self) -> int:
        return super().bytes + self.dead_letters.bytes


def _locked_copy(stored: Stored, token: uuid.UUID, until: datetime) -> Locked:
    return Locked(
        message=stored.message,
        sequence_number=stored.sequence_number,
        enqueued=stored.enqueued,
        state=stored.state,
        delivery_count=stored.delivery_count,
        scheduled_for=stored.scheduled_for,
        expires_at=stored.expires_at,
        dead_letter_source=stored.dead_letter_source,
        enqueued_sequence_number=stored.enqueued_sequence_number,
        lock_token=token,
        locked_until=until,
    )
