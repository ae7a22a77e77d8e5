"""What queues and topics have in common: they are sent to, now or for later."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime

from infra.emulators.service_bus.amqp.types import Timestamp
from infra.emulators.service_bus.broker.bus import NOWHERE, Alarm, Bus, Origin
from infra.emulators.service_bus.broker.contract import Saved, State, Stored
from infra.emulators.service_bus.broker.duplicates import Duplicates
from infra.emulators.service_bus.broker.errors import MessageNotFound, MessageTooLarge, QuotaExceeded
from infra.emulators.service_bus.broker.store import Store
from infra.emulators.service_bus.message import Message

SCHEDULED_FOR = "x-opt-scheduled-enqueue-time"
_BEGIN = "begin"


class Entity(ABC):
    """Takes messages, holds back those for later, and drops those that came before."""

    def __init__(self, path: str, bus: Bus, saved: Saved, duplicates: Duplicates) -> None:
        self.path = path
        self._bus = bus
        self._store = Store(path, bus.journal, saved)
        self._duplicates = duplicates
        self._kept = saved.messages

    @property
    @abstractmethod
    def bytes(self) -> int:
        """What counts against the entity's quota."""

    def send(self, messages: Sequence[Message]) -> None:
        """All of them or none. Those with `x-opt-scheduled-enqueue-time` wait until then."""
        now = self._bus.advance()
        self._check(messages)
        for message in messages:
            self._take_in(message, now)
        self._bus.journal.commit()

    def schedule(self, messages: Sequence[tuple[Message, datetime]]) -> list[int]:
        """Messages for later; the numbers are theirs until then, and cancel them."""
        now = self._bus.advance()
        self._check([message for message, _ in messages])
        numbers = [self._hold_back(message, now, at).sequence_number for message, at in messages]
        self._bus.advance()
        self._bus.journal.commit()
        return numbers

    def cancel(self, sequence_numbers: Iterable[int]) -> None:
        """Takes scheduled messages back, all or none."""
        self._bus.advance()
        numbers = set(sequence_numbers)
        for number in sorted(numbers):
            stored = self._store.get(number)
            if stored is None or stored.state is not State.SCHEDULED:
                raise MessageNotFound(f"{self.path!r} has no scheduled message {number}; it was sent or taken back.")
        for number in numbers:
            self._store.remove(number)
            self._bus.alarms.cancel(Alarm(self, _BEGIN, number))
        self._bus.journal.commit()

    def accept(self, message: Message, origin: Origin) -> None:
        """A message that another entity forwards. Raises BrokerError when it is not taken."""
        self._check((message,))
        if self._duplicates.is_new(message.properties.message_id, self._bus.clock.now()):
            self._deliver(message, origin)

    def restore(self) -> None:
        """Takes up what the journal kept, when every entity is there."""
        for stored in self._kept:
            if stored.state is State.SCHEDULED and stored.scheduled_for is not None:
                self._bus.alarms.set(Alarm(self, _BEGIN, stored.sequence_number), stored.scheduled_for)
        self._kept = []

    def ring(self, alarm: Alarm, now: datetime) -> None:
        """Something that the entity waited for is due."""
        number = alarm.of
        if alarm.kind == _BEGIN and isinstance(number, int):
            # As on Azure, a message that becomes active is appended, with a number of its own.
            self._deliver(self._store.remove(number).message, NOWHERE)

    @abstractmethod
    def _deliver(self, message: Message, origin: Origin) -> None: ...

    def _check(self, messages: Sequence[Message]) -> None:
        most = self._bus.max_message_bytes
        for message in messages:
            if message.size > most:
                raise MessageTooLarge(
                    f"The message has {message.size} bytes, and {self.path!r} takes at most {most}; make it smaller."
                )
        quota = self._bus.max_entity_bytes
        held, more = self.bytes, sum(message.size for message in messages)
        if held + more > quota:
            raise QuotaExceeded(
                f"{self.path!r} holds {held} bytes and may hold {quota}, so that {more} more do not fit; "
                "receive messages, also from its dead-letter queue."
            )

    def _take_in(self, message: Message, now: datetime) -> None:
        if not self._duplicates.is_new(message.properties.message_id, now):
            return
        at = message.annotations.get(SCHEDULED_FOR)
        if isinstance(at, Timestamp) and at.moment() > now:
            self._hold_back(message, now, at.moment())
        else:
            self._deliver(message, NOWHERE)

    def _hold_back(self, message: Message, now: datetime, at: datetime) -> Stored:
        stored = self._store.add(message, enqueued=now, state=State.SCHEDULED, scheduled_for=at)
        self._store.changed(stored)
        self._bus.alarms.set(Alarm(self, _BEGIN, stored.sequence_number), at)
        return stored
