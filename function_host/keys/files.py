"""Keys in a folder: host.json and one file per function."""

import json
import os
import tempfile
from pathlib import Path

from function_host.errors import ConfigError
from function_host.keys.contract import KeyDocument


class FileKeyStore:
    """A KeyStore in `folder`, readable by its owner alone; safe with several hosts on one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, scope: str) -> KeyDocument | None:
        path = self._path(scope)
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise ConfigError(
                f"The key file {path} is not JSON: {error}. Mend it, or delete it for new keys."
            ) from error
        if not isinstance(document, dict):
            raise ConfigError(f"The key file {path} must hold a JSON object. Mend it, or delete it for new keys.")
        return document

    def save(self, scope: str, document: KeyDocument) -> KeyDocument:
        path = self._path(scope)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._link_new(path, document)
        except OSError as error:
            raise ConfigError(
                f"Keys cannot be kept in {self._folder} (FUNCTIONS_SECRETS_PATH): {error.strerror or error}."
            ) from error
        return self.load(scope) or document

    def _link_new(self, path: Path, document: KeyDocument) -> None:
        """Put a complete file at `path` unless there is one: no reader ever sees half a file."""
        descriptor, name = tempfile.mkstemp(dir=self._folder, prefix=".new-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(document, file, indent=2)
            os.link(name, path)
        except FileExistsError:
            pass
        finally:
            Path(name).unlink()

    def _path(self, scope: str) -> Path:
        return self._folder / f"{scope}.json"
