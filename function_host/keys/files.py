"""Keys in a folder: host.json and one file per function."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from function_host.errors import ConfigError
from function_host.keys.contract import KeyDocument


class FileKeyStore:
    """A KeyStore in `folder`, readable by its owner alone; safe with several hosts on one folder."""

    fresh_for = 1.0

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def load(self, scope: str) -> KeyDocument | None:
        return self._read(self._path(scope))

    async def create(self, scope: str, document: KeyDocument) -> KeyDocument:
        path = self._path(scope)
        with self._new_file(document) as new, contextlib.suppress(FileExistsError):
            os.link(new, path)
        return self._read(path) or document

    async def replace(self, scope: str, document: KeyDocument) -> None:
        with self._new_file(document) as new:
            os.replace(new, self._path(scope))  # noqa: PTH105 because the name on the other side may exist

    async def close(self) -> None:
        """Files are open only while they are used."""

    def _read(self, path: Path) -> KeyDocument | None:
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(
                f"The key file {path} cannot be read: {error.strerror or error}. Let the host's user read it."
            ) from error
        except ValueError as error:
            raise ConfigError(
                f"The key file {path} is not JSON: {error}. Mend it, or delete it for new keys."
            ) from error
        if not isinstance(document, dict):
            raise ConfigError(f"The key file {path} must hold a JSON object. Mend it, or delete it for new keys.")
        return document

    @contextlib.contextmanager
    def _new_file(self, document: KeyDocument) -> Iterator[Path]:
        """A complete file beside the others, so that no reader ever sees half a one."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self._folder, prefix=".new-")
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(document, file, indent=2)
            yield Path(name)
            Path(name).unlink(missing_ok=True)
        except OSError as error:
            raise ConfigError(
                f"Keys cannot be kept in {self._folder}: {error.strerror or error}. Set FUNCTIONS_SECRETS_PATH to a "
                "folder that the host may write to."
            ) from error

    def _path(self, scope: str) -> Path:
        return self._folder / f"{scope}.json"
