"""Keys in a folder: host.json and one file per function."""

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from function_host.errors import ConfigError
from function_host.keys.contract import KeyDocument
from function_host.keys.document import read_document

_LOCK = ".lock"


class FileKeyStore:
    """A KeyStore in `folder`, readable by its owner alone; safe with several hosts on one folder."""

    fresh_for = 1.0

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def load(self, scope: str) -> KeyDocument | None:
        return self._read(self._path(scope), scope)

    async def create(self, scope: str, document: KeyDocument) -> KeyDocument:
        path = self._path(scope)
        with self._new_file(document) as new, contextlib.suppress(FileExistsError):
            os.link(new, path)
        return self._read(path, scope) or document

    async def replace(self, scope: str, document: KeyDocument, instead_of: KeyDocument) -> bool:
        path = self._path(scope)
        with self._new_file(document) as new, (self._folder / _LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self._read(path, scope) != instead_of:
                return False
            os.replace(new, path)  # noqa: PTH105 because the name on the other side may exist
        return True

    async def close(self) -> None:
        """Files are open only while they are used."""

    def _read(self, path: Path, scope: str) -> KeyDocument | None:
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(
                f"The key file {path} cannot be read: {error.strerror or error}. Let the host's user read it."
            ) from error
        return read_document(data, scope, f"The key file {path}")

    @contextlib.contextmanager
    def _new_file(self, document: KeyDocument) -> Iterator[Path]:
        """A complete file beside the others, so that no reader ever sees half a one."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self._folder, prefix=".new-")
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(document, file, indent=2)
            try:
                yield Path(name)
            finally:
                Path(name).unlink(missing_ok=True)
        except OSError as error:
            raise ConfigError(
                f"Keys cannot be kept in {self._folder}: {error.strerror or error}. Set FUNCTIONS_SECRETS_PATH to a "
                "folder that the host may write to."
            ) from error

    def _path(self, scope: str) -> Path:
        return self._folder / f"{scope}.json"
