"""The folder that keeps one deployment on this machine: its state, its lock and what the app stores."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.errors import PlatformUnavailable

_STATE = "state.json"
DATA, STORAGE, KEYS = "data", "storage", "keys"


class DeploymentFolder:
    """Read and written by every process that has to do with the deployment; only its owner may look into it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def data(self) -> Path:
        """What containers see."""
        return self.path / DATA

    def state(self) -> dict[str, Any]:
        """What was saved last; empty when nothing is deployed."""
        return read_document(self.path / _STATE)

    def save(self, state: Mapping[str, Any]) -> None:
        """Replace the state, all at once."""
        write_document(self.path / _STATE, state)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else changes the deployment meanwhile; raises PlatformUnavailable when somebody does already."""
        self._make()
        # Beside the folder, so that remove() can take the folder away while it holds the lock.
        with self.path.with_name(f".{self.path.name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as cause:
                raise PlatformUnavailable(
                    f"The deployment in {self.path} is being changed by another process; wait for its end."
                ) from cause
            yield

    def prepare(self) -> None:
        """Make the folders that containers see."""
        for name in (STORAGE, KEYS):
            (self.data / name).mkdir(parents=True, exist_ok=True)

    def key(self) -> str:
        """The function key of the app's host; empty when it keeps none here."""
        keys = read_document(self.data / KEYS / "host.json").get("functionKeys", [])
        return next((str(key["value"]) for key in keys if key.get("name") == "default"), "")

    def remove(self) -> None:
        """Take it away with everything in it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _make(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as cause:
            raise PlatformUnavailable(
                f"The deployment cannot be kept in {self.path}: {cause.strerror}. Let PACKAGER_DEPLOYMENTS name a "
                "folder that can be written."
            ) from cause


def read_document(file: Path) -> dict[str, Any]:
    """A JSON object; empty for a file that is not there."""
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found


def write_document(file: Path, document: Mapping[str, Any]) -> None:
    """For the owner's eyes; a reader sees the old one or the new one."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(document, stream, indent=2)
    unfinished.replace(file)
