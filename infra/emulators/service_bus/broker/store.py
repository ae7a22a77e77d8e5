"""The messages of one entity under their sequence numbers, and their way into the journal."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import datetime

from infra.emulators.service_bus.broker.contract import Journal, Saved, State, Stored
from infra.emulators.service_bus.message import Message

SPARE = 1024


class Store:
    """Numbers from 1, in the order in which messages come; `bytes` is the sum of their sizes."""

    def __init__(self, entity: str, journal: Journal, saved: Saved) -> None:
        self._entity = entity
        self._journal = journal
        self._messages = {stored.sequence_number: stored for stored in saved.messages}
        # Ascending, because numbers are; those that are gone stay until there are too many.
        self._numbers = list(self._messages)
        self._last = saved.last_sequence_number
        self.bytes = sum(stored.message.size for stored in saved.messages)

    def __len__(self) -> int:
        return len(self._messages)

    def __contains__(self, number: int) -> bool:
        return number in self._messages

    def __getitem__(self, number: int) -> Stored:
        return self._messages[number]

    def get(self, number: int) -> Stored | None:
        return self._messages.get(number)

    def add(
        self,
        message: Message,
        *,
        enqueued: datetime,
        state: State = State.ACTIVE,
        scheduled_for: datetime | None = None,
    ) -> Stored:
        """Gives the message its number. Who sets further fields calls `changed`, which also writes the journal."""
        self._last += 1
        stored = Stored(
            message=message, sequence_number=self._last, enqueued=enqueued, state=state, scheduled_for=scheduled_for
        )
        self._messages[self._last] = stored
        self._numbers.append(self._last)
        self.bytes += message.size
        return stored

    def changed(self, stored: Stored) -> None:
        self._journal.put(self._entity, stored)

    def remove(self, number: int) -> Stored:
        stored = self._messages.pop(number)
        self.bytes -= stored.message.size
        self._journal.remove(self._entity, number)
        if len(self._numbers) > 2 * len(self._messages) + SPARE:
            self._numbers = list(self._messages)
        return stored

    def beginning_at(self, number: int) -> Iterator[Stored]:
        """The messages with that number and higher ones, in order."""
        return self._present(
            self._numbers[index] for index in range(bisect_left(self._numbers, number), len(self._numbers))
        )

    def _present(self, numbers: Iterable[int]) -> Iterator[Stored]:
        return (self._messages[number] for number in numbers if number in self._messages)
