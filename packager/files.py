"""Write files so that they are there whole or not at all, and say plainly when the disk does not take them."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from packager.errors import CacheUnavailable

CACHE_WAY_OUT = "Make room ('packager cache prune'), or point PACKAGER_CACHE at a folder that can be written."


class IncomingFile:
    """A file that is being written under a name nobody looks for; CacheUnavailable when the disk does not take it."""

    def __init__(self, stream: IO[bytes], path: Path, way_out: str) -> None:
        self._stream = stream
        self._path = path
        self._way_out = way_out

    def write(self, data: bytes, /) -> int:
        with refusals_named(self._path.parent, self._way_out):
            return self._stream.write(data)

    def keep_as(self, target: Path) -> None:
        """Put it in place, all of it or nothing, over what was there; `target` is in the same file system."""
        with refusals_named(target, self._way_out):
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._path.chmod(0o644)
            target.parent.mkdir(parents=True, exist_ok=True)
            self._path.replace(target)


@contextmanager
def incoming_file(folder: Path, way_out: str = CACHE_WAY_OUT) -> Iterator[IncomingFile]:
    """A file to write in `folder`, which is made; it is gone at the end of the block unless it was kept."""
    with refusals_named(folder, way_out):
        folder.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(prefix=".incoming-", dir=folder)
    stream = os.fdopen(number, "wb")
    try:
        yield IncomingFile(stream, Path(name), way_out)
    finally:
        # What a full disk left in the buffer cannot be written at the end either, and need not be.
        with suppress(OSError):
            stream.close()
        Path(name).unlink(missing_ok=True)


def write_whole(target: Path, data: bytes) -> None:
    """Write a file that appears complete or not at all; raises CacheUnavailable when it cannot be written."""
    with incoming_file(target.parent) as incoming:
        incoming.write(data)
        incoming.keep_as(target)


@contextmanager
def locked(file: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock that is `file`, alone or with others who share it; the system frees it when the process dies."""
    with refusals_named(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        stream = file.open("ab")
    with stream:
        fcntl.flock(stream, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield


@contextmanager
def refusals_named(place: Path, way_out: str = CACHE_WAY_OUT) -> Iterator[None]:
    """Turn what the system says while something is written into CacheUnavailable with the place and the way out."""
    try:
        yield
    except OSError as error:
        raise CacheUnavailable(f"{place} cannot be written: {error.strerror or error}. {way_out}") from error
