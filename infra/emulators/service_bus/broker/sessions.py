"""The sessions of an entity: their lines, who may have the next one, and their states."""

import heapq
from collections.abc import Callable, Iterator
from datetime import datetime

from infra.emulators.service_bus.broker.contract import Journal, Saved
from infra.emulators.service_bus.broker.line import Line
from infra.emulators.service_bus.broker.store import Store

SPARE = 1024


class SessionLines:
    """One line for each session that has messages, a holder or a state."""

    def __init__(self, entity: str, journal: Journal, store: Store, saved: Saved) -> None:
        self._entity = entity
        self._journal = journal
        self._store = store
        self._lines: dict[str, Line] = {}
        self._watchers: dict[object, Callable[[], None]] = {}
        # Sessions nobody holds, by their oldest message; entries that no longer hold true are skipped.
        self._free: list[tuple[int, str]] = []
        for session_id, (state, updated) in saved.session_states.items():
            line = self.line(session_id)
            line.state, line.updated = state, updated

    def line(self, session_id: str) -> Line:
        """The line of that session, new if need be."""
        if session_id not in self._lines:
            self._lines[session_id] = Line(session_id, self._store)
        return self._lines[session_id]

    def find(self, session_id: str) -> Line | None:
        return self._lines.get(session_id)

    def offer(self, line: Line) -> None:
        """Says that the line may have got a new head or lost its holder."""
        if line.session_id is None or line.holder is not None:
            return
        if line.head is not None:
            heapq.heappush(self._free, (line.head, line.session_id))
            self._tidy()
            for wake in list(self._watchers.values()):
                wake()
        elif line.is_forgettable:
            self._lines.pop(line.session_id, None)

    def next_free(self) -> Line | None:
        """The session that nobody holds whose oldest message waits longest."""
        while self._free:
            number, session_id = heapq.heappop(self._free)
            line = self._lines.get(session_id)
            if line is not None and line.holder is None and line.head == number:
                return line
        return None

    def _tidy(self) -> None:
        if len(self._free) > 2 * len(self._lines) + SPARE:
            self._free = [(line.head, id_) for id_, line in self._lines.items() if line.head and not line.holder]
            heapq.heapify(self._free)

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Calls `wake` when there may be a free session, until what is returned is called."""
        key = object()
        self._watchers[key] = wake

        def stop() -> None:
            self._watchers.pop(key, None)

        return stop

    def set_state(self, line: Line, state: bytes | None, now: datetime) -> None:
        line.state, line.updated = state, now
        self._journal.put_session_state(self._entity, str(line.session_id), state, now)

    def ids(self, updated_since: datetime | None) -> list[str]:
        """Sessions whose state was set since then, or with None those that have messages; in order."""
        if updated_since is None:
            return sorted(id_ for id_, line in self._lines.items() if line.head is not None or line.locks)
        return sorted(id_ for id_, line in self._set_ones() if line.updated and line.updated > updated_since)

    def _set_ones(self) -> Iterator[tuple[str, Line]]:
        return ((id_, line) for id_, line in self._lines.items() if line.state is not None)
