"""What all entities of a namespace share: the time, the journal, the limits and each other."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from infra.emulators.service_bus.broker.alarms import Alarms
from infra.emulators.service_bus.broker.contract import Clock, Journal
from infra.emulators.service_bus.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a message was before it came to this entity; a message that a client sent was nowhere."""

    dead_letter_source: str | None = None
    enqueued_sequence_number: int | None = None
    enqueued: datetime | None = None
    delivery_count: int = 0


NOWHERE = Origin()


class Rings(Protocol):
    """What can wait for a moment."""

    def ring(self, alarm: "Alarm", now: datetime) -> None: ...


class Accepts(Protocol):
    """What other entities can forward to."""

    def accept(self, message: Message, origin: Origin) -> None:
        """Raises BrokerError when it does not take the message."""
        ...


class Alarm(NamedTuple):
    """One thing that time brings to an entity: the end of a lock, a session or a message, or its beginning."""

    entity: Rings
    kind: str
    of: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Bus:
    """The namespace as its entities see it."""

    clock: Clock
    journal: Journal
    find: Callable[[str], Accepts]
    max_message_bytes: int
    max_entity_bytes: int
    alarms: Alarms[Alarm] = field(default_factory=Alarms)

    def advance(self) -> datetime:
        """Lets happen what is due, so that nobody sees a state that time has ended; tells the time."""
        now = self.clock.now()
        for alarm in self.alarms.due(now):
            alarm.entity.ring(alarm, now)
        return now
