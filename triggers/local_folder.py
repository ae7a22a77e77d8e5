"""A local folder as a storage account: a container is a folder in it, a blob is a file below that.

This is a kind of account and no trigger of its own: the blob trigger runs on it unchanged, with the same paths,
receipts and attempts. Only finished files count: see triggers.folder_watch.
"""

import asyncio
import errno
import fcntl
import itertools
import logging
import mimetypes
import os
import stat
import time
import uuid
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeVar

from triggers.blob_store import ANY_VERSION, BlobContent, BlobInfo, BlobPage
from triggers.errors import BlobRefused, InvalidPath, SourceUnavailable

STAGING = ".staging"
"""Sub-folder of the account for files on their way into place; no container's name begins with a dot."""

_PAGE = 1000
_READ_TRIES = 3
# Seconds for which a listing leaves out a file that has just changed.
_SETTLE = 1.0
_WATCHED_PAUSE = 5.0
_UNWATCHED_PAUSE = 1.0

# Errors that tell of one file or its name and not of the folder as a whole.
_OF_THE_FILE = frozenset(
    {
        errno.EEXIST, errno.EFBIG, errno.EILSEQ, errno.EINVAL, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG,
        errno.ENODEV, errno.ENOTDIR, errno.ENOTEMPTY, errno.ENXIO,
    }
)  # fmt: skip
# Where reading is forbidden, it is that file; where writing is, it is the folder of all outputs.
_OF_THE_FILE_READ = _OF_THE_FILE | {errno.EACCES, errno.EPERM}

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Watch(Protocol):
    """Tells of finished files: triggers.folder_watch.FolderWatch, unless watchdog is missing."""

    def is_unfinished(self, path: Path) -> bool: ...

    async def finished(self, timeout: float) -> set[Path]: ...

    async def close(self) -> None: ...


class LocalFolder:
    """The blobs of a folder, as triggers.blob_store.BlobStore."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._watches: dict[str, Watch] = {}
        self._no_blobs: set[str] = set()
        self.longest_pause = _UNWATCHED_PAUSE

    async def make_container(self, container: str) -> None:
        folder = self._root / container
        await in_thread(lambda: folder.mkdir(parents=True, exist_ok=True), f"make folder {folder}")

    async def open(self, container: str) -> None:
        await self.make_container(container)
        await self._watch(container)

    async def pages(self, container: str, prefix: str) -> AsyncIterator[BlobPage]:
        listed_at = await in_thread(self._now, f"write to folder {self._root}")
        files = self._walk(container, prefix)
        while True:
            page = await in_thread(lambda: list(itertools.islice(files, _PAGE)), f"list folder {container!r}")
            yield BlobPage(blobs=page, listed_at=listed_at)
            if len(page) < _PAGE:
                return

    async def changes(self, container: str, timeout: float) -> Sequence[BlobInfo]:
        # The folder may have been deleted meanwhile, and the watch with it.
        if not (self._root / container).is_dir():
            await self._unwatch(container)
            await asyncio.sleep(timeout)
            await self.open(container)
            return ()
        watch = self._watches.get(container)
        if watch is None:
            await asyncio.sleep(timeout)
            return ()
        finished = await watch.finished(timeout)
        return [info for path in finished if (info := self._info(container, path)) is not None]

    async def read(self, blob: BlobInfo) -> BlobContent | None:
        path = self.path(blob.container, blob.name)
        return await in_thread(lambda: self._read(path, blob), f"read {path}", one_file=_OF_THE_FILE_READ)

    async def write(self, container: str, name: str, data: bytes, content_type: str) -> None:
        path = self.path(container, name)
        await in_thread(lambda: put_file(self._root, path, data), f"write {path}", one_file=_OF_THE_FILE)

    async def create(self, container: str, name: str, data: bytes, content_type: str) -> bool:
        path = self.path(container, name)
        return await in_thread(lambda: _new_file(self._root, path, data), f"make {path}", one_file=_OF_THE_FILE)

    async def replace(self, blob: BlobInfo, data: bytes, content_type: str) -> bool:
        path = self.path(blob.container, blob.name)
        return await in_thread(
            lambda: self._replace(path, blob, data), f"replace {path}", one_file=_OF_THE_FILE
        )  # fmt: skip

    async def close(self) -> None:
        for container in list(self._watches):
            await self._unwatch(container)

    def path(self, container: str, name: str) -> Path:
        """Where that blob is; raises InvalidPath for a name that would lie outside its container."""
        if not all(part not in {"", ".", ".."} for part in f"{container}/{name}".split("/")):
            raise InvalidPath(
                f"Blob '{container}/{name}' cannot be a file: it has an empty part, '.' or '..' in its name."
            )
        return self._root / container / name

    async def _watch(self, container: str) -> None:
        if container in self._watches:
            return
        try:
            from triggers.folder_watch import FolderWatch
        except ImportError:
            return
        try:
            self._watches[container] = FolderWatch(self._root / container)
        except OSError as error:
            raise SourceUnavailable(f"Folder {self._root / container} cannot be watched: {error}.") from error
        self.longest_pause = _WATCHED_PAUSE

    async def _unwatch(self, container: str) -> None:
        watch = self._watches.pop(container, None)
        if watch is not None:
            await watch.close()

    def _now(self) -> datetime:
        """The file system's own clock, which may be another machine's."""
        probe = staged(self._root, b"")
        modified = probe.stat().st_mtime
        probe.unlink()
        return datetime.fromtimestamp(modified, UTC)

    def _walk(self, container: str, prefix: str) -> Iterator[BlobInfo]:
        top = self._root / container / prefix.rpartition("/")[0]
        for folder, folders, names in os.walk(top):
            # In the order of names, as an Azure account lists its blobs.
            folders.sort()
            for name in sorted(names):
                path = Path(folder, name)
                info = self._info(container, path)
                if info is not None and not self._is_unfinished(container, path, info):
                    yield info

    def _is_unfinished(self, container: str, path: Path, info: BlobInfo) -> bool:
        """A young file may be listed between its making and its first byte; the watch tells of it when it is done."""
        watch = self._watches.get(container)
        if watch is not None and watch.is_unfinished(path):
            return True
        return 0 <= time.time() - info.last_modified.timestamp() < _SETTLE

    def _info(self, container: str, path: Path) -> BlobInfo | None:
        try:
            found = path.stat()
        except OSError:
            return None
        name = path.relative_to(self._root / container).as_posix()
        # Opening a pipe would wait for its writer, and a socket cannot be opened at all.
        if not stat.S_ISREG(found.st_mode) or not self._is_blob_name(name):
            return None
        return BlobInfo(container=container, name=name, etag=_etag(found), last_modified=_changed(found))

    def _is_blob_name(self, name: str) -> bool:
        """Azure's names are Unicode, and it takes a backslash for a slash; tells of each other name once."""
        try:
            name.encode()
        except UnicodeEncodeError:
            problem = "its name is no UTF-8"
        else:
            if "\\" not in name:
                return True
            problem = "its name has a backslash"
        if name not in self._no_blobs:
            self._no_blobs.add(name)
            _log.warning("The file %a in folder %s is left out: %s, as no blob has it.", name, self._root, problem)
        return False

    def _replace(self, path: Path, blob: BlobInfo, data: bytes) -> bool:
        """One at a time: between the look at the version and the new file nobody else may replace it."""
        lock = self._root / STAGING / "replace.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if self._read(path, blob) is None:
                return False
            put_file(self._root, path, data)
        return True

    def _read(self, path: Path, blob: BlobInfo) -> BlobContent | None:
        try:
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    return None
                for _ in range(_READ_TRIES):
                    found = os.fstat(file.fileno())
                    file.seek(0)
                    data = file.read()
                    if _etag(os.fstat(file.fileno())) == _etag(found):
                        break
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        if blob.etag not in (_etag(found), ANY_VERSION):
            return None
        return BlobContent(data=data, uri=path.as_uri(), properties=_properties(path, found, len(data)))


def put_file(root: Path, path: Path, data: bytes) -> None:
    """Put a file in place of any earlier one in one step, making its folders."""
    temporary = staged(root, data)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(path)
    except BaseException:
        temporary.unlink()
        raise


def _new_file(root: Path, path: Path, data: bytes) -> bool:
    temporary = staged(root, data)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.hardlink_to(temporary)
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    return True


def staged(root: Path, data: bytes) -> Path:
    """A new file of that content, on the same file system as the account but in no container."""
    path = root / STAGING / uuid.uuid4().hex
    try:
        path.write_bytes(data)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return path


async def in_thread(work: Callable[[], T], doing: str, *, one_file: Collection[int] = ()) -> T:
    """The result of blocking file work; raises SourceUnavailable when the file system refuses it.

    The error numbers in `one_file` mean that only this file is refused: BlobRefused.
    """
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        kind = BlobRefused if error.errno in one_file else SourceUnavailable
        raise kind(f"The folder account could not {doing}: {error}.") from error


def _etag(found: os.stat_result) -> str:
    """Another one after every write and every replacement of the file."""
    return f'"{found.st_mtime_ns:x}-{found.st_size:x}-{found.st_ino:x}"'


def _changed(found: os.stat_result) -> datetime:
    """When the file came to be as it is: one that was moved here keeps an older time of modification."""
    return datetime.fromtimestamp(max(found.st_mtime, found.st_ctime), UTC)


def _properties(path: Path, found: os.stat_result, length: int) -> dict[str, object]:
    return {
        "LastModified": _changed(found).isoformat(),
        "BlobType": 0,
        "ContentLength": length,
        "ContentType": mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        "ETag": _etag(found),
    }
