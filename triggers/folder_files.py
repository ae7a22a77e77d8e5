"""Files of a folder account: put into place in one step, changed under a lock, and kept out of its containers."""

import asyncio
import errno
import fcntl
import hashlib
import os
import shutil
import signal
import uuid
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar
from urllib.parse import quote

from triggers.errors import BlobRefused, SourceUnavailable

STAGING = ".staging"
"""Sub-folder of the account for files on their way into place; no container's name begins with a dot."""

Payload = bytes | IO[bytes]

_LOCKS = ".locks"
_SHARDS = 64
_CHUNK = 1024 * 1024
_LONGEST_FILE_NAME = 200
KEPT_OF_A_LONG_NAME = 100
"""Characters at the beginning of a flat name that are always those of the name it stands for."""

T = TypeVar("T")


async def in_thread(work: Callable[[], T], doing: str, *, one_file: Collection[int] = ()) -> T:
    """The result of blocking file work; raises SourceUnavailable when the file system refuses it.

    The error numbers in `one_file` mean that only this file is refused, as a name that no file can have: BlobRefused.
    """
    try:
        return await asyncio.to_thread(work)
    except ValueError as error:  # because a NUL, or half a character, is in the name
        raise BlobRefused(f"The folder account could not {doing}: {error}.") from error
    except OSError as error:
        kind = BlobRefused if error.errno in one_file else SourceUnavailable
        raise kind(f"The folder account could not {doing}: {error}.") from error


def staged(root: Path, data: Payload) -> Path:
    """A new file of that content, on the same file system as the account but in no container."""
    path = root / STAGING / uuid.uuid4().hex
    try:
        _fill(path, data)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        _fill(path, data)
    return path


def put_file(root: Path, path: Path, data: Payload) -> None:
    """Put a file in place of any earlier one in one step, making its folders."""
    temporary = staged(root, data)
    try:
        move(temporary, path)
    except BaseException:  # because nobody else knows the temporary file
        temporary.unlink()
        raise


def new_file(root: Path, path: Path, data: Payload) -> bool:
    """Put a file where there is none, in one step; False, and nothing done, when there is one."""
    temporary = staged(root, data)
    try:
        return link(temporary, path)
    finally:
        temporary.unlink()


def move(temporary: Path, path: Path) -> None:
    """Rename into place, making the folders that are missing."""
    try:
        temporary.replace(path)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(path)


def link(temporary: Path, path: Path) -> bool:
    """Give the file a second name unless there is a file of that name, making the folders that are missing."""
    try:
        try:
            path.hardlink_to(temporary)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.hardlink_to(temporary)
    except FileExistsError:
        return False
    return True


@contextmanager
def locked(root: Path, path: Path) -> Iterator[None]:
    """Hold the lock of that file against every other thread and process of this machine; a few files share each."""
    lock = root / _LOCKS / f"{zlib.crc32(str(path).encode(errors='surrogateescape')) % _SHARDS:02}"
    try:
        file = lock.open("a")
    except FileNotFoundError:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("a")
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_being_written(path: str) -> bool:
    """Has any process the file open for writing? False where the system does not tell."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        # A read lease is refused while there is a writer. One who comes now would send SIGIO, which ends a process.
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    finally:
        os.close(file)
    return False


def flat_name(name: str) -> str:
    """A file name for a name that may have slashes and be long; different names have different ones."""
    file = quote(name, safe=' "')
    if len(file) > _LONGEST_FILE_NAME:
        file = f"{file[:KEPT_OF_A_LONG_NAME]}-{hashlib.sha256(name.encode()).hexdigest()}"
    return file


def _fill(path: Path, data: Payload) -> None:
    with path.open("xb") as file:
        if isinstance(data, bytes):
            file.write(data)
        else:
            data.seek(0)
            shutil.copyfileobj(data, file, _CHUNK)
