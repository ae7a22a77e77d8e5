"""Messages that came before: their ids, for as long as the window of an entity."""

from collections import deque
from datetime import datetime, timedelta

from infra.emulators.service_bus.broker.contract import Journal, Saved


class Duplicates:
    """Remembers message ids for `window`; with None every message is new."""

    def __init__(self, entity: str, window: timedelta | None, journal: Journal, saved: Saved) -> None:
        self._entity = entity
        self._window = window
        self._journal = journal
        self._history = deque(saved.duplicates)
        self._known = {message_id for message_id, _ in saved.duplicates}

    def is_new(self, message_id: object, now: datetime) -> bool:
        """Whether no message of this id came within the window; remembers it. Messages without id are all new."""
        if self._window is None or message_id is None:
            return True
        self._forget(now - self._window)
        key = str(message_id)
        if key in self._known:
            return False
        self._known.add(key)
        self._history.append((key, now))
        self._journal.put_duplicate(self._entity, key, now)
        return True

    def _forget(self, before: datetime) -> None:
        gone = 0
        while self._history and self._history[0][1] <= before:
            self._known.discard(self._history.popleft()[0])
            gone += 1
        if gone:
            self._journal.forget_duplicates(self._entity, before)
