"""What time will bring: at most one moment for each key, the nearest first."""

import heapq
from collections.abc import Hashable, Iterator
from datetime import datetime
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
SPARE = 1024


class Alarms(Generic[Key]):
    """Moments by key. Setting, taking back and asking for the next cost O(log n), however many wait."""

    def __init__(self) -> None:
        self._at: dict[Key, datetime] = {}
        # Entries that were moved or taken back stay in the heap until they surface or are too many.
        self._heap: list[tuple[datetime, int, Key]] = []
        self._entries = 0

    def set(self, key: Key, at: datetime) -> None:
        self._at[key] = at
        self._entries += 1
        heapq.heappush(self._heap, (at, self._entries, key))
        if len(self._heap) > 2 * len(self._at) + SPARE:
            self._heap = [entry for entry in self._heap if self._at.get(entry[2]) == entry[0]]
            heapq.heapify(self._heap)

    def cancel(self, key: Key) -> None:
        self._at.pop(key, None)

    def next(self) -> datetime | None:
        while self._heap:
            at, _, key = self._heap[0]
            if self._at.get(key) == at:
                return at
            heapq.heappop(self._heap)
        return None

    def due(self, now: datetime) -> Iterator[Key]:
        """Takes out what is due, in order; what is set meanwhile counts, too."""
        while (at := self.next()) is not None and at <= now:
            key = heapq.heappop(self._heap)[2]
            del self._at[key]
            yield key
