"""A local folder as a storage account: a container is a folder in it, a blob is a file below that.

This is a kind of account and no trigger of its own: the blob trigger runs on it unchanged, with the same paths,
receipts and attempts. Only finished files count: see triggers.folder_watch.
"""

import asyncio
import contextlib
import errno
import itertools
import json
import logging
import mimetypes
import os
import stat
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Protocol

from triggers.blob_store import ABSENT, ANY_VERSION, NO_FACTS, BlobContent, BlobInfo, BlobPage, Entry, Payload
from triggers.errors import InvalidPath, SourceUnavailable
from triggers.folder_files import flat_name, in_thread, link, locked, move, put_file, staged
from triggers.http_body import SpooledBody

FACTS = ".facts"
"""Sub-folder of the account for what was noted with blobs."""

_PAGE = 1000
_READ_TRIES = 3
_MEMORY_LIMIT = 8 * 1024 * 1024
"""Bytes of a file that are read into memory; a larger one stays on disk."""
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

_log = logging.getLogger(__name__)


class Watch(Protocol):
    """Tells of finished files: triggers.folder_watch.FolderWatch, unless watchdog is missing."""

    def is_unfinished(self, path: str, modified: float) -> bool: ...

    async def finished(self, timeout: float) -> set[Path]: ...

    async def close(self) -> None: ...


class LocalFolder:
    """The blobs of a folder, as triggers.blob_store.BlobStore."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._watches: dict[str, Watch] = {}
        self._no_blobs: set[str] = set()
        self.account = root.name or "folder"
        self.longest_pause = _UNWATCHED_PAUSE

    async def make_container(self, container: str) -> None:
        folder = self._root / container
        await in_thread(lambda: folder.mkdir(parents=True, exist_ok=True), f"make folder {folder}")

    async def open(self, container: str) -> None:
        await self.make_container(container)
        await self._watch(container)

    async def pages(self, container: str, prefix: str) -> AsyncIterator[BlobPage]:
        listed_at = await in_thread(self._now, f"write to folder {self._root}")
        held_back: list[datetime] = []
        files = self._walk(container, prefix, held_back)
        while True:
            page = await in_thread(lambda: list(itertools.islice(files, _PAGE)), f"list folder {container!r}")
            yield BlobPage(blobs=page, listed_at=listed_at, held_back=min(held_back, default=None))
            if len(page) < _PAGE:
                return

    async def changes(self, container: str, timeout: float) -> Sequence[BlobInfo]:
        top = self._root / container
        # The folder may have been deleted meanwhile, and the watch with it.
        if not await in_thread(top.is_dir, f"look at folder {top}"):
            await self._unwatch(container)
            await asyncio.sleep(timeout)
            await self.open(container)
            return ()
        watch = self._watches.get(container)
        if watch is None:
            await asyncio.sleep(timeout)
            return ()
        finished = await watch.finished(timeout)
        return await in_thread(lambda: self._infos(container, finished), f"look into folder {top}") if finished else ()

    async def read(self, blob: BlobInfo) -> BlobContent | None:
        path = self.path(blob.container, blob.name)
        return await in_thread(lambda: self._read(path, blob), f"read {path}", one_file=_OF_THE_FILE_READ)

    async def write(
        self,
        container: str,
        name: str,
        data: Payload,
        content_type: str,
        *,
        facts: Mapping[str, str] = NO_FACTS,
        only_if: str | None = None,
    ) -> str | None:
        path = self.path(container, name)
        side = self._side_file(container, name)
        return await in_thread(
            lambda: self._write(path, side, data, facts, only_if), f"write {path}", one_file=_OF_THE_FILE
        )

    async def facts(self, container: str, name: str) -> Entry | None:
        path, side = self.path(container, name), self._side_file(container, name)
        return await in_thread(lambda: _noted(path, side), f"look at {path}", one_file=_OF_THE_FILE_READ)

    async def delete(self, container: str, name: str) -> None:
        path, side = self.path(container, name), self._side_file(container, name)
        await in_thread(lambda: _delete(path, side), f"delete {path}", one_file=_OF_THE_FILE)

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

    def _side_file(self, container: str, name: str) -> Path:
        return self._root / FACTS / container / f"{flat_name(name)}.json"

    def _write(
        self, path: Path, side: Path, data: Payload, facts: Mapping[str, str], only_if: str | None
    ) -> str | None:
        temporary = staged(self._root, data)
        try:
            etag = _etag(temporary.stat())
            if only_if is None and not facts:
                move(temporary, path)
                return etag
            with locked(self._root, path):
                if only_if is not None and only_if != _current(path):
                    return None
                # The facts first: they count only with the file whose ETag they name, which comes in one step.
                if facts:
                    put_file(self._root, side, json.dumps({"etag": etag, "facts": dict(facts)}).encode())
                if only_if != ABSENT:
                    move(temporary, path)
                    return etag
                return etag if link(temporary, path) else None
        finally:
            temporary.unlink(missing_ok=True)

    def _walk(self, container: str, prefix: str, held_back: list[datetime]) -> Iterator[BlobInfo]:
        """In the order of names within each folder. No object lives longer than its file is looked at.

        The times of those left out because they are not finished go into `held_back`.
        """
        start = prefix.rpartition("/")[0]
        if not {"", ".", ".."}.isdisjoint(start.split("/")) and start:
            return
        top = f"{self._root / container}/"
        waiting = [f"{start}/" if start else ""]
        while waiting:
            folder = waiting.pop()
            files, folders = _entries(f"{top}{folder}")
            waiting += [f"{folder}{name}/" for name in reversed(folders)]
            for file in files:
                name = f"{folder}{file}"
                if name.startswith(prefix):
                    info = self._info(container, f"{top}{name}", name)
                    if info is None:
                        continue
                    if self._is_unfinished(container, f"{top}{name}", info):
                        held_back.append(info.last_modified)
                    else:
                        yield info

    def _is_unfinished(self, container: str, path: str, info: BlobInfo) -> bool:
        """A young file may be listed between its making and its first byte; the watch tells of it when it is done."""
        watch = self._watches.get(container)
        modified = info.last_modified.timestamp()
        if watch is not None and watch.is_unfinished(path, modified):
            return True
        return 0 <= time.time() - modified < _SETTLE

    def _infos(self, container: str, paths: Iterable[Path]) -> list[BlobInfo]:
        top = self._root / container
        told = ((str(path), path.relative_to(top).as_posix()) for path in paths)
        return [info for path, name in told if (info := self._info(container, path, name)) is not None]

    def _info(self, container: str, path: str, name: str) -> BlobInfo | None:
        try:
            entry = found = os.lstat(path)
            if stat.S_ISLNK(entry.st_mode):
                found = os.stat(path)  # noqa: PTH116 because a Path for each of many files costs more than the call
        except OSError:
            return None
        # Opening a pipe would wait for its writer, and a socket cannot be opened at all.
        if not stat.S_ISREG(found.st_mode) or not self._is_blob_name(name):
            return None
        # A link is as new as itself when its target is older.
        modified = max(_changed(found), _changed(entry))
        # A change of mode and another link make a file's time new as a move does.
        is_doubtful = max(found.st_ctime_ns, entry.st_ctime_ns) > found.st_mtime_ns
        return BlobInfo(
            container=container, name=name, etag=_etag(found), last_modified=modified, is_doubtful=is_doubtful
        )

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

    def _read(self, path: Path, blob: BlobInfo) -> BlobContent | None:
        try:
            file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        with contextlib.ExitStack() as closing:
            closing.enter_context(file)
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            data, found = _contents(file)
            if blob.etag not in (_etag(found), ANY_VERSION):
                return None
            facts = _facts(self._side_file(blob.container, blob.name), _etag(found))
            length = found.st_size
            if not isinstance(data, bytes):
                closing.pop_all()
            else:
                length = len(data)
            return BlobContent(
                data=data, uri=path.as_uri(), properties=_properties(path, found, length), metadata=facts
            )


def _contents(file: IO[bytes]) -> tuple[bytes | SpooledBody, os.stat_result]:
    """What is in the file, and the version that is of; a large one stays on disk."""
    found = os.fstat(file.fileno())
    if found.st_size > _MEMORY_LIMIT:
        return SpooledBody(file), found
    for _ in range(_READ_TRIES):
        file.seek(0)
        data = file.read()
        before, found = found, os.fstat(file.fileno())
        if _etag(before) == _etag(found):
            break
    return data, before


def _entries(folder: str) -> tuple[list[str], list[str]]:
    """The sorted names of the files and of the folders in a folder; none when it is gone."""
    files: list[str] = []
    folders: list[str] = []
    try:
        with os.scandir(folder) as found:
            for entry in found:
                (folders if entry.is_dir(follow_symlinks=False) else files).append(entry.name)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return [], []
    return sorted(files), sorted(folders)


def _current(path: Path) -> str:
    try:
        return _etag(path.stat())
    except FileNotFoundError:
        return ABSENT


def _noted(path: Path, side: Path) -> Entry | None:
    try:
        etag = _current(path)
    except NotADirectoryError:
        return None
    return Entry(facts=_facts(side, etag), version=etag) if etag != ABSENT else None


def _facts(side: Path, etag: str) -> Mapping[str, str]:
    """What was noted with that version; nothing for a file that somebody else put there."""
    try:
        noted = json.loads(side.read_bytes())
    except FileNotFoundError:
        return {}
    facts: Mapping[str, str] = noted["facts"] if noted["etag"] == etag else {}
    return facts


def _delete(path: Path, side: Path) -> None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        path.unlink()
    side.unlink(missing_ok=True)


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
