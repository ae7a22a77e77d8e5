"""The ledger of a folder account: one small JSON file per entry, made by a link and changed under a lock."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from triggers.blob_store import Entry
from triggers.folder_files import KEPT_OF_A_LONG_NAME, flat_name, in_thread, locked, new_file, put_file

_FOLDERS = 3


class FolderLedger:
    """Entries as files below one container of the folder; hosts on the same machine may share it."""

    def __init__(self, root: Path, container: str) -> None:
        self._root = root
        self._folder = root / container

    async def create(self, name: str, facts: Mapping[str, str]) -> Entry | None:
        return await in_thread(lambda: self._create(name, facts), f"write receipt {name!r}")

    async def read(self, name: str) -> Entry | None:
        return await in_thread(lambda: _read(self._path(name)), f"read receipt {name!r}")

    async def put(self, name: str, facts: Mapping[str, str]) -> None:
        await in_thread(lambda: self._put(name, facts), f"write receipt {name!r}")

    async def is_empty(self, folder: str) -> bool:
        return await in_thread(lambda: self._is_empty(folder), f"look for receipts below {folder!r}")

    async def replace(self, name: str, facts: Mapping[str, str], version: str) -> Entry | None:
        return await in_thread(lambda: self._replace(name, facts, version), f"write receipt {name!r}")

    async def close(self) -> None:
        """Nothing is kept open."""

    def _path(self, name: str) -> Path:
        """The entry's file. Only the first parts of the name are folders: one per entry would be slow to make."""
        *folders, rest = name.split("/", _FOLDERS)
        return self._folder.joinpath(*folders, flat_name(rest))

    def _create(self, name: str, facts: Mapping[str, str]) -> Entry | None:
        entry = Entry(facts=dict(facts), version="1")
        path = self._path(name)
        # Most of what is asked for is there already; only the link decides.
        return None if path.exists() or not new_file(self._root, path, _text(entry)) else entry

    def _put(self, name: str, facts: Mapping[str, str]) -> None:
        path = self._path(name)
        with locked(self._root, path):
            current = _read(path)
            put_file(self._root, path, _text(_next(current, facts)))

    def _replace(self, name: str, facts: Mapping[str, str], version: str) -> Entry | None:
        path = self._path(name)
        with locked(self._root, path):
            current = _read(path)
            if current is None or current.version != version:
                return None
            entry = _next(current, facts)
            put_file(self._root, path, _text(entry))
        return entry

    def _is_empty(self, folder: str) -> bool:
        """A long name's file tells only how the name begins: in doubt there is an entry."""
        *folders, rest = f"{folder}/".split("/", _FOLDERS)
        top = self._folder.joinpath(*folders)
        if not rest:
            return not any(names for _, _, names in os.walk(top))
        start = flat_name(rest)[:KEPT_OF_A_LONG_NAME]
        try:
            with os.scandir(top) as found:
                return not any(entry.name.startswith(start) for entry in found)
        except FileNotFoundError:
            return True


def _read(path: Path) -> Entry | None:
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    found = json.loads(text)
    return Entry(facts=found["facts"], version=found["version"])


def _next(current: Entry | None, facts: Mapping[str, str]) -> Entry:
    return Entry(facts=dict(facts), version=str(int(current.version if current else "0") + 1))


def _text(entry: Entry) -> bytes:
    return json.dumps({"version": entry.version, "facts": dict(entry.facts)}).encode()
