"""The messages of one session, or of a whole queue without sessions, that wait for a receiver."""

import heapq
import uuid
from collections.abc import Callable
from datetime import datetime

from infra.emulators.service_bus.broker.store import Store


class Line:
    """Oldest first, also when a message returns. Who holds a session is `holder`; without sessions nobody does."""

    def __init__(self, session_id: str | None, store: Store) -> None:
        self.session_id = session_id
        self.receivers: dict[object, Callable[[], None]] = {}
        self.holder: object | None = None
        self.locked_until: datetime | None = None
        self.locks: set[uuid.UUID] = set()
        self.state: bytes | None = None
        self.updated: datetime | None = None
        self._store = store
        self._waiting: list[int] = []

    @property
    def head(self) -> int | None:
        """The number of the oldest message that waits."""
        # What expired while it waited is gone from the store, and stays here until it surfaces.
        while self._waiting and self._waiting[0] not in self._store:
            heapq.heappop(self._waiting)
        return self._waiting[0] if self._waiting else None

    @property
    def is_forgettable(self) -> bool:
        return self.holder is None and self.state is None and not self.locks and self.head is None

    def push(self, number: int) -> None:
        heapq.heappush(self._waiting, number)

    def pop(self) -> int | None:
        return None if self.head is None else heapq.heappop(self._waiting)

    def wake(self) -> None:
        for wake in list(self.receivers.values()):
            wake()
