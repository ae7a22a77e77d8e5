"""The queues of a folder account: one small file per message, whose name says when it is visible and who has it.

Every change of a message is one rename of its file, which succeeds for one process alone. So nothing is locked, and a
process that is killed at any moment leaves each message as it was before or after the change.
"""

import heapq
import re
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from os import listdir
from pathlib import Path
from typing import Self

from triggers.errors import DeliveryLost
from triggers.folder_files import in_thread
from triggers.queue_store import ReceivedMessage

QUEUES = ".queues"
"""Sub-folder of the account; no container's name begins with a dot."""

_SECOND = 10**9
_LIFETIME = 7 * 24 * 3600 * _SECOND
_DIGITS = 20
_STAGED = re.compile(r"\.(?P<made>\d{20})\.[0-9a-f]{32}")
# While a message gets another body; a process that dies in between delays it by this much.
_REWRITING = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """What the name of a message's file says; times are nanoseconds since 1970."""

    visible: int
    inserted: int
    dequeued: int
    id: str
    claim: str
    """Another one after each change, so that a name never comes back."""

    @property
    def name(self) -> str:
        return f"{self.visible:0{_DIGITS}}.{self.inserted:0{_DIGITS}}.{self.dequeued}.{self.id}.{self.claim}"

    @classmethod
    def parse(cls, name: str) -> Self:
        visible, inserted, dequeued, identity, claim = name.split(".")
        return cls(visible=int(visible), inserted=int(inserted), dequeued=int(dequeued), id=identity, claim=claim)

    def changed(self, visible: int, *, dequeued: int = 0) -> Self:
        """Visible from another time on, and taken so many times more."""
        return replace(self, visible=visible, dequeued=self.dequeued + dequeued, claim=_unique())


class FolderQueues:
    """The queues of a folder, as triggers.queue_store.QueueStore; processes on the same machine may share them."""

    longest_pause = 0.25

    def __init__(self, root: Path, *, clock: Callable[[], int] = time.time_ns) -> None:
        self._folder = root / QUEUES
        self._clock = clock

    async def make_queue(self, queue: str) -> None:
        folder = self._folder / queue
        await in_thread(lambda: folder.mkdir(parents=True, exist_ok=True), f"make queue {queue!r}")

    async def receive(self, queue: str, limit: int, *, hidden: int) -> Sequence[ReceivedMessage]:
        return await in_thread(lambda: self._receive(queue, limit, hidden), f"receive from queue {queue!r}")

    async def hide(
        self, queue: str, message: ReceivedMessage, seconds: int, *, text: str | None = None
    ) -> ReceivedMessage:
        doing = f"update a message of queue {queue!r}"
        return await in_thread(lambda: self._hide(queue, message, seconds, text), doing)

    async def delete(self, queue: str, message: ReceivedMessage) -> None:
        await in_thread(lambda: self._delete(queue, message), f"delete a message of queue {queue!r}")

    async def send(self, queue: str, text: str, *, hidden: int = 0) -> None:
        await in_thread(lambda: self._send(queue, text, hidden), f"send to queue {queue!r}")

    async def count(self, queue: str) -> int:
        return await in_thread(lambda: sum(1 for _ in self._names(queue)), f"count queue {queue!r}")

    async def peek(self, queue: str, limit: int) -> Sequence[ReceivedMessage]:
        return await in_thread(lambda: self._peek(queue, limit), f"look into queue {queue!r}")

    async def close(self) -> None:
        """Nothing is kept open."""

    def _receive(self, queue: str, limit: int, hidden: int) -> list[ReceivedMessage]:
        # Another process may take all that were seen; then there may be more behind them.
        while names := self._first_visible(queue, limit):
            until = self._clock() + hidden * _SECOND
            if taken := [one for name in names if (one := self._take(queue, name, until)) is not None]:
                return taken
        return []

    def _take(self, queue: str, name: str, until: int) -> ReceivedMessage | None:
        file = _File.parse(name).changed(until, dequeued=1)
        try:
            self._path(queue, name).rename(self._path(queue, file.name))
            return self._message(queue, file)
        except FileNotFoundError:
            return None

    def _peek(self, queue: str, limit: int) -> list[ReceivedMessage]:
        found = []
        for name in self._first_visible(queue, limit):
            try:
                found.append(self._message(queue, _File.parse(name)))
            except FileNotFoundError:
                continue
        return found

    def _hide(self, queue: str, message: ReceivedMessage, seconds: int, text: str | None) -> ReceivedMessage:
        claimed, claim = _File.parse(message.pop_receipt), message.pop_receipt
        with _claimed(queue, message):
            if text is not None:
                # Nobody else may take it between its two changes.
                rewritten = claimed.changed(self._clock() + _REWRITING * _SECOND)
                self._path(queue, claim).rename(self._path(queue, rewritten.name))
                self._write(queue, rewritten.name, text)
                claim = rewritten.name
            file = claimed.changed(self._clock() + seconds * _SECOND)
            self._path(queue, claim).rename(self._path(queue, file.name))
        return _received(file, message.text if text is None else text)

    def _delete(self, queue: str, message: ReceivedMessage) -> None:
        with _claimed(queue, message):
            self._path(queue, message.pop_receipt).unlink()

    def _send(self, queue: str, text: str, hidden: int) -> None:
        now = self._clock()
        file = _File(visible=now + hidden * _SECOND, inserted=now, dequeued=0, id=_unique(), claim=_unique())
        try:
            self._write(queue, file.name, text)
        except FileNotFoundError:
            (self._folder / queue).mkdir(parents=True, exist_ok=True)
            self._write(queue, file.name, text)

    def _write(self, queue: str, name: str, text: str) -> None:
        """Put the whole file there in one step."""
        staged = self._path(queue, f".{self._clock():0{_DIGITS}}.{_unique()}")
        staged.write_bytes(text.encode())
        staged.replace(self._path(queue, name))

    def _first_visible(self, queue: str, limit: int) -> list[str]:
        """Names are compared as text: thousands of them are looked through for each message that is taken."""
        now = f"{self._clock():0{_DIGITS}}"
        visible = (name for name in self._names(queue) if name[:_DIGITS] <= now)
        return heapq.nsmallest(limit, visible, key=_insertion)

    def _names(self, queue: str) -> Iterator[str]:
        """The names of all messages; those that are too old are deleted."""
        try:
            names = listdir(self._folder / queue)  # noqa: PTH208 - a Path for each of thousands is slow
        except FileNotFoundError:
            return
        oldest = f"{self._clock() - _LIFETIME:0{_DIGITS}}"
        for name in names:
            # The cheapest look that tells messages from what people put there: thousands of names come by here.
            if name[_DIGITS : 2 * _DIGITS + 2 : _DIGITS + 1] != "..":
                self._tidy(queue, name, oldest)
            elif _insertion(name) >= oldest:
                yield name
            else:
                self._path(queue, name).unlink(missing_ok=True)

    def _tidy(self, queue: str, name: str, oldest: str) -> None:
        """What a killed process left half-written goes in the end as well."""
        staged = _STAGED.fullmatch(name)
        if staged is not None and staged["made"] < oldest:
            self._path(queue, name).unlink(missing_ok=True)

    def _message(self, queue: str, file: _File) -> ReceivedMessage:
        return _received(file, self._path(queue, file.name).read_bytes().decode())

    def _path(self, queue: str, name: str) -> Path:
        return self._folder / queue / name


@contextmanager
def _claimed(queue: str, message: ReceivedMessage) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise DeliveryLost(f"The claim on message {message.id} of queue {queue!r} ran out.") from error


def _received(file: _File, text: str) -> ReceivedMessage:
    return ReceivedMessage(
        id=file.id,
        pop_receipt=file.name,
        text=text,
        dequeue_count=file.dequeued,
        inserted=_moment(file.inserted),
        expires=_moment(file.inserted + _LIFETIME),
        next_visible=_moment(file.visible),
    )


def _insertion(name: str) -> str:
    return name[_DIGITS + 1 : 2 * _DIGITS + 1]


def _moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / _SECOND, UTC)


def _unique() -> str:
    return uuid.uuid4().hex
