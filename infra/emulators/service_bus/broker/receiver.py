"""One open link of a receiver."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from infra.emulators.service_bus.broker.contract import Locked, ReceiveMode
from infra.emulators.service_bus.broker.errors import SessionLockLost
from infra.emulators.service_bus.broker.line import Line


class Gives(Protocol):
    """The queue that a receiver takes from."""

    def take(self, line: Line, mode: ReceiveMode) -> Locked | None: ...

    def leave(self, line: Line) -> None: ...


class LinkReceiver:
    """Takes from one line; of a session, as long as it holds it."""

    def __init__(self, queue: Gives, line: Line, mode: ReceiveMode, wake: Callable[[], None]) -> None:
        self._queue = queue
        self._line = line
        self._mode = mode
        line.receivers[self] = wake

    @property
    def session_id(self) -> str | None:
        return self._line.session_id

    @property
    def locked_until(self) -> datetime | None:
        """Until when the session is this receiver's; None without sessions, and when it was lost."""
        return self._line.locked_until if self._line.holder is self else None

    def take(self) -> Locked | None:
        """The next message, or None at once. Raises SessionLockLost when the session is no longer this receiver's."""
        message = self._queue.take(self._line, self._mode) if self._is_mine() else None
        if not self._is_mine():
            raise SessionLockLost(f"The lock of session {self.session_id!r} expired; accept the session again.")
        return message

    def close(self) -> None:
        """Takes no more. A session is given up and its messages return uncounted; other locks run on."""
        if self._line.holder is self:
            self._queue.leave(self._line)
        self._line.receivers.pop(self, None)

    def _is_mine(self) -> bool:
        return self._line.session_id is None or self._line.holder is self
