"""Watch a folder: which files were finished just now, and which are still being written."""

import asyncio
import os
import threading
import time
import warnings
from pathlib import Path

from watchdog.events import (
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.inotify import InotifyObserver

from triggers.folder_files import is_being_written

# Seconds after which a file is taken for finished. A copy's times are often set just after it was closed, which
# would look like another version; one that was written to will normally be closed some time.
_CLOSED = 0.01
_MADE = 1.0
_LEAVING = 2.0
_WRITTEN = 60.0
_MOST_KEPT = 10_000

# Not that a file was opened or read: our own reading would wake us.
_EVENTS: list[type[FileSystemEvent]] = [
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]

# Folders made quickly inside each other: watchdog sees the inner one twice and says so, to no harm.
warnings.filterwarnings("ignore", message="Callback with id", category=RuntimeWarning)


class FolderWatch(FileSystemEventHandler):
    """The files of a folder that were closed after writing or moved into place, told to one waiter.

    Only such files count: one that is written slowly must not be read half.
    """

    def __init__(self, folder: Path, *, most_kept: int = _MOST_KEPT) -> None:
        """Beyond `most_kept` files that nobody asked for, all of them are dropped; a listing has them."""
        self._folder = folder
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self._lock = threading.Lock()
        self._finished: set[Path] = set()
        self._unfinished: dict[Path, float] = {}
        self._most_kept = self._room = most_kept
        # "Full" events tell a file that was moved in from one that was just made.
        self._observer = InotifyObserver(generate_full_events=True)
        self._observer.schedule(self, str(folder), recursive=True, event_filter=_EVENTS)
        self._observer.start()
        self._began = time.time()

    def on_closed(self, event: FileSystemEvent) -> None:
        self._expect(_path(event.src_path), _CLOSED)

    def on_moved(self, event: FileSystemEvent) -> None:
        self._forget(event.src_path)
        if event.dest_path:
            self._finish(event.dest_path)

    def on_created(self, event: FileSystemEvent) -> None:
        path = _path(event.src_path)
        # A link, or a file in a folder that was moved in, was complete before it was here.
        if was_moved(path):
            self._finish(event.src_path)
        else:
            self._expect(path, _MADE)

    def on_modified(self, event: FileSystemEvent) -> None:
        path = _path(event.src_path)
        # A change of mode or owner also comes as "modified".
        if not was_moved(path):
            self._expect(path, _WRITTEN)

    def on_deleted(self, event: FileSystemEvent) -> None:
        self._forget(event.src_path)

    def is_unfinished(self, path: str, modified: float) -> bool:
        """Is somebody still writing it, as far as is known?"""
        # Asked for every file of a listing, when hardly ever any is being written.
        if self._unfinished and self._unfinished.get(Path(path), 0.0) > time.monotonic():
            return True
        # Nothing was told of what was written before the watch began.
        return modified <= self._began and time.time() < modified + _WRITTEN and is_being_written(path)

    async def finished(self, timeout: float) -> set[Path]:
        """The files finished since the last call, as soon as there are some; empty after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while True:
            self._woken.clear()
            found = self._take()
            wait = self._until_due(deadline)
            if found or wait <= 0:
                return found
            try:
                async with asyncio.timeout(wait):
                    await self._woken.wait()
            except TimeoutError:
                if time.monotonic() >= deadline:
                    return self._take()

    async def close(self) -> None:
        """Stop watching; a watch that does not end in time is left to the end of the process."""
        self._observer.stop()
        await asyncio.to_thread(self._observer.join, _LEAVING)

    def _take(self) -> set[Path]:
        with self._lock:
            return self._taken()

    def _taken(self) -> set[Path]:
        now = time.monotonic()
        due = {path for path, moment in self._unfinished.items() if moment <= now}
        for path in due:
            del self._unfinished[path]
        found, self._finished = self._finished | due, set()
        return found

    def _keep_bounded(self) -> None:
        if len(self._unfinished) + len(self._finished) > self._room:
            self._taken()
            # Of those still being written none is dropped: it would count as finished.
            self._room = max(self._most_kept, 2 * len(self._unfinished))

    def _until_due(self, deadline: float) -> float:
        with self._lock:
            return min((deadline, *self._unfinished.values())) - time.monotonic()

    def _expect(self, path: Path, seconds: float) -> None:
        with self._lock:
            self._unfinished[path] = time.monotonic() + seconds
            self._keep_bounded()
        self._wake()

    def _finish(self, path: bytes | str) -> None:
        with self._lock:
            self._unfinished.pop(_path(path), None)
            self._finished.add(_path(path))
            self._keep_bounded()
        self._wake()

    def _forget(self, path: bytes | str) -> None:
        with self._lock:
            self._unfinished.pop(_path(path), None)

    def _wake(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)


def was_moved(path: Path) -> bool:
    """Was moving (or linking) the last thing that happened to the file? A write sets both times alike."""
    try:
        found = path.stat()
    except OSError:
        return False
    return found.st_ctime_ns > found.st_mtime_ns


def _path(path: bytes | str) -> Path:
    return Path(os.fsdecode(path))
