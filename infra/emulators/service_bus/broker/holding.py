"""What happens to a message between its coming and its going: it waits, is locked, returns, expires or dies."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from infra.emulators.service_bus.broker.bus import Accepts, Alarm, Bus, Origin
from infra.emulators.service_bus.broker.config import QueueConfig
from infra.emulators.service_bus.broker.contract import State, Stored
from infra.emulators.service_bus.broker.duplicates import Duplicates
from infra.emulators.service_bus.broker.entity import Entity
from infra.emulators.service_bus.broker.errors import BrokerError
from infra.emulators.service_bus.broker.line import Line
from infra.emulators.service_bus.broker.locks import Lock, Locks
from infra.emulators.service_bus.broker.sessions import SessionLines
from infra.emulators.service_bus.message import Message

REASON = "DeadLetterReason"
DESCRIPTION = "DeadLetterErrorDescription"
NO_SESSION_ID = "Session enabled entity doesn't allow a message whose session identifier is null."
EXPIRY, LOCK, SESSION = "expiry", "lock", "session"


class Holding(Entity):
    """Holds the messages of a queue or subscription; `dead_letters` is where those go that cannot be handled."""

    def __init__(self, config: QueueConfig, path: str, bus: Bus, dead_letters: Accepts | None = None) -> None:
        saved = bus.journal.load(path)
        super().__init__(path, bus, saved, Duplicates(path, config.duplicate_window, bus.journal, saved))
        self.config = config
        # A dead letter that dies again is a dead letter still.
        self._dead_letters = dead_letters or self
        self._locks = Locks()
        self._sessions = SessionLines(path, bus.journal, self._store, saved)
        self._line = Line(None, self._store)

    @property
    def bytes(self) -> int:
        return self._store.bytes

    def restore(self) -> None:
        """Takes up what the journal kept, when every entity is there. Locks are not kept: their messages wait again."""
        for stored in self._kept:
            if stored.state is State.ACTIVE:
                self._wait(stored)
        super().restore()

    def ring(self, alarm: Alarm, now: datetime) -> None:
        """A lock, a session or a message ended, or a scheduled message begins."""
        if alarm.kind == EXPIRY:
            self._expire(self._store[cast(int, alarm.of)])
        elif alarm.kind == LOCK:
            self._return(cast(Lock, alarm.of), counted=True)
        elif alarm.kind == SESSION:
            self._free(cast(Line, alarm.of), counted=True)
        else:
            super().ring(alarm, now)

    def _deliver(self, message: Message, origin: Origin) -> None:
        if self.config.forward_to is not None:
            self._forward(message, origin, self.config.forward_to)
            return
        enqueued = origin.enqueued or self._bus.clock.now()
        stored = self._store.add(message, enqueued=enqueued)
        stored.delivery_count = origin.delivery_count
        stored.dead_letter_source = origin.dead_letter_source
        stored.enqueued_sequence_number = origin.enqueued_sequence_number
        stored.expires_at = self._expiry(message, enqueued)
        self._store.changed(stored)
        self._wait(stored)

    def _expiry(self, message: Message, enqueued: datetime) -> datetime | None:
        lives = self.config.default_ttl.total_seconds()
        return _later(enqueued, lives if message.ttl is None else min(message.ttl, lives))

    def _forward(self, message: Message, origin: Origin, target: str) -> None:
        try:
            self._bus.find(target).accept(message, origin)
        except BrokerError as error:
            # The sender was told nothing of the target and cannot be refused for its sake.
            self._bury(
                message, Origin(dead_letter_source=self.path), {REASON: error.condition, DESCRIPTION: str(error)}
            )

    def _wait(self, stored: Stored) -> None:
        """Puts a message into its line. One whose time is over goes when time next moves, before it can be taken."""
        line = self._line_of(stored.message)
        if line is None:
            self._kill(stored, "Session ID is null.", NO_SESSION_ID)
            return
        if stored.expires_at is not None:
            self._bus.alarms.set(Alarm(self, EXPIRY, stored.sequence_number), stored.expires_at)
        line.push(stored.sequence_number)
        line.wake()
        if line.session_id is not None and line.head == stored.sequence_number:
            self._sessions.offer(line)

    def _line_of(self, message: Message) -> Line | None:
        """None: the entity has sessions, and the message has none."""
        if not self.config.requires_session:
            return self._line
        session_id = message.properties.group_id
        return None if session_id is None else self._sessions.line(session_id)

    def _cancel_expiry(self, number: int) -> None:
        self._bus.alarms.cancel(Alarm(self, EXPIRY, number))

    def _remove(self, number: int) -> Stored:
        self._cancel_expiry(number)
        return self._store.remove(number)

    def _unlock(self, lock: Lock) -> None:
        self._locks.end(lock)
        self._bus.alarms.cancel(Alarm(self, LOCK, lock))

    def _return(self, lock: Lock, *, counted: bool, changes: Mapping[str, object] | None = None) -> None:
        """A locked message comes back; an attempt that counts may have been its last."""
        self._unlock(lock)
        stored = self._store[lock.number]
        merge(stored, changes)
        stored.delivery_count += counted
        most = self.config.max_delivery_count
        if counted and stored.delivery_count >= most:
            text = f"Message could not be consumed after {most} delivery attempts."
            self._kill(stored, "MaxDeliveryCountExceeded", text)
            return
        if counted or changes:
            self._store.changed(stored)
        if stored.state is State.ACTIVE:
            self._wait(stored)

    def _free(self, line: Line, *, counted: bool) -> None:
        """A session is nobody's any more, and what its holder had of it returns."""
        self._bus.alarms.cancel(Alarm(self, SESSION, line))
        line.holder, line.locked_until = None, None
        line.wake()
        line.receivers.clear()
        for lock in self._locks.of(line):
            self._return(lock, counted=counted)
        self._sessions.offer(line)

    def _expire(self, stored: Stored) -> None:
        if self.config.dead_letters_expired:
            self._kill(stored, "TTLExpiredException", "The message expired and was dead lettered.")
        else:
            self._remove(stored.sequence_number)
        line = self._line_of(stored.message)
        if line is not None:
            # The session's next message is its oldest now, or there is none and the session is forgotten.
            self._sessions.offer(line)

    def _kill(self, stored: Stored, reason: str | None, description: str | None) -> None:
        """Moves a message to the dead letters."""
        self._remove(stored.sequence_number)
        why = {REASON: reason, DESCRIPTION: description}
        origin = Origin(
            dead_letter_source=self.path,
            enqueued_sequence_number=stored.sequence_number,
            enqueued=stored.enqueued,
            delivery_count=stored.delivery_count,
        )
        self._bury(stored.message, origin, {name: value for name, value in why.items() if value is not None})

    def _bury(self, message: Message, origin: Origin, why: Mapping[str, object]) -> None:
        message = replace(message, application_properties={**message.application_properties, **why})
        target = self.config.forward_dead_letters_to
        if target is not None:
            try:
                self._bus.find(target).accept(message, replace(origin, enqueued=None, delivery_count=0))
            except BrokerError:
                # What cannot be forwarded stays where it can be found.
                self._dead_letters.accept(message, origin)
        else:
            self._dead_letters.accept(message, origin)


def merge(stored: Stored, changes: Mapping[str, object] | None) -> None:
    """Adds or replaces application properties."""
    if changes:
        properties = {**stored.message.application_properties, **changes}
        stored.message = replace(stored.message, application_properties=properties)


def _later(moment: datetime, seconds: float) -> datetime | None:
    """None where the calendar ends: Azure says "never" by the longest time there is."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return None
