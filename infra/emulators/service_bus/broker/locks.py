"""Which messages of an entity are locked, by their tokens."""

import uuid
from dataclasses import dataclass

from infra.emulators.service_bus.broker.line import Line


@dataclass(frozen=True, slots=True, eq=False)
class Lock:
    """One message in the hands of a receiver."""

    token: uuid.UUID
    number: int
    line: Line


class Locks:
    """Locks that hold now; those that ended are not in here any more."""

    def __init__(self) -> None:
        self._by_token: dict[uuid.UUID, Lock] = {}
        self._numbers: set[int] = set()

    def __len__(self) -> int:
        return len(self._by_token)

    def grant(self, number: int, line: Line) -> Lock:
        lock = Lock(uuid.uuid4(), number, line)
        self._by_token[lock.token] = lock
        self._numbers.add(number)
        line.locks.add(lock.token)
        return lock

    def find(self, token: uuid.UUID) -> Lock | None:
        return self._by_token.get(token)

    def end(self, lock: Lock) -> None:
        del self._by_token[lock.token]
        self._numbers.discard(lock.number)
        lock.line.locks.discard(lock.token)

    def holds(self, number: int) -> bool:
        """Whether the message of that number is locked."""
        return number in self._numbers

    def of(self, line: Line) -> list[Lock]:
        """The locks of a session, in the order of its messages."""
        return sorted((self._by_token[token] for token in line.locks), key=lambda lock: lock.number)
