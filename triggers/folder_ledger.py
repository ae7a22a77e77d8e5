"""The ledger of a folder account: one small JSON file per entry, changed under a lock."""

import fcntl
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from triggers.blob_store import Entry
from triggers.local_folder import in_thread, put_file

_FOLDERS = 3
_LONGEST_FILE_NAME = 200


class FolderLedger:
    """Entries as files below one container of the folder; hosts on the same machine may share it."""

    def __init__(self, root: Path, container: str) -> None:
        self._root = root
        self._folder = root / container

    async def create(self, name: str, facts: Mapping[str, str]) -> Entry | None:
        return await in_thread(lambda: self._write(name, facts, None), f"write receipt {name!r}")

    async def read(self, name: str) -> Entry | None:
        return await in_thread(lambda: self._read(name), f"read receipt {name!r}")

    async def replace(self, name: str, facts: Mapping[str, str], version: str) -> Entry | None:
        return await in_thread(lambda: self._write(name, facts, version), f"write receipt {name!r}")

    async def close(self) -> None:
        """Nothing is kept open."""

    def _path(self, name: str) -> Path:
        """The entry's file. Only the first parts of the name are folders: one per entry would be slow to make."""
        *folders, rest = name.split("/", _FOLDERS)
        file = quote(rest, safe=' "')
        if len(file) > _LONGEST_FILE_NAME:
            file = f"{file[:100]}-{hashlib.sha256(rest.encode()).hexdigest()}"
        return self._folder.joinpath(*folders, file)

    def _read(self, name: str) -> Entry | None:
        try:
            text = self._path(name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        found = json.loads(text)
        return Entry(facts=found["facts"], version=found["version"])

    def _write(self, name: str, facts: Mapping[str, str], version: str | None) -> Entry | None:
        with self._locked():
            current = self._read(name)
            if (current.version if current else None) != version:
                return None
            entry = Entry(facts=dict(facts), version=str(int(version or "0") + 1))
            text = json.dumps({"version": entry.version, "facts": dict(facts)})
            put_file(self._root, self._path(name), text.encode())
        return entry

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = self._folder / "ledger.lock"
        try:
            file = lock.open("a")
        except FileNotFoundError:
            lock.parent.mkdir(parents=True, exist_ok=True)
            file = lock.open("a")
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
