"""The folder that keeps one deployment on this machine: its state, its lock and what the app stores."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.errors import DeploymentBusy, InvalidDeployment, PlatformUnavailable

_STATE, _MARK = "state.json", "deployment.json"
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

    def is_marked(self) -> bool:
        """Is it a deployment's? Only then is what lies in it anything to read, or to take away."""
        if (self.path / _MARK).exists():
            return True
        try:
            return "front" in self.state()
        except PlatformUnavailable:
            return False

    def check(self, *, may_be_new: bool) -> None:
        """Raises InvalidDeployment for a folder that holds something else; `may_be_new`: an empty one will do."""
        if self.is_marked() or (may_be_new and not any(self.path.iterdir())):
            return
        raise InvalidDeployment(
            f"The folder {self.path} holds no deployment but something else, which stays as it is; give another name, "
            "or another folder."
        )

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else changes the deployment meanwhile; raises DeploymentBusy when somebody does already."""
        self._make()
        with self._lock.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                is_another = os.fstat(lock.fileno()).st_ino != self._lock.stat().st_ino
            except (BlockingIOError, FileNotFoundError) as cause:
                raise self._busy() from cause
            # remove() takes the lock's file away, too, and what is locked then is nothing that others would find.
            if is_another:
                raise self._busy()
            self._make()
            yield

    def prepare(self, name: str) -> None:
        """Mark it as the deployment's own, and make the folders that containers see."""
        write_document(self.path / _MARK, {"name": name})
        for part in (STORAGE, KEYS):
            (self.data / part).mkdir(parents=True, exist_ok=True)

    def key(self) -> str:
        """The function key of the app's host; empty when it keeps none here."""
        keys = read_document(self.data / KEYS / "host.json").get("functionKeys", [])
        return next((str(key["value"]) for key in keys if key.get("name") == "default"), "")

    def remove(self) -> None:
        """Take it away with everything in it, and the lock that is held; raises InvalidDeployment if it is no own."""
        self.check(may_be_new=True)
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.unlink(missing_ok=True)

    @property
    def _lock(self) -> Path:
        """Beside the folder, so that remove() can take the folder away while it holds the lock."""
        return self.path.with_name(f".{self.path.name}.lock")

    def _busy(self) -> DeploymentBusy:
        return DeploymentBusy(f"The deployment in {self.path} is being changed by another process; wait for its end.")

    def _make(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as cause:
            raise PlatformUnavailable(
                f"The deployment cannot be kept in {self.path}: {cause.strerror}. Let PACKAGER_DEPLOYMENTS name a "
                "folder that can be written."
            ) from cause


def read_document(file: Path) -> dict[str, Any]:
    """A JSON object; empty for a file that is not there. Raises PlatformUnavailable for one that is damaged."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise _damaged(file, str(error)) from error
    if not isinstance(found, dict):
        raise _damaged(file, "it is no JSON object")
    return found


def _damaged(file: Path, how: str) -> PlatformUnavailable:
    return PlatformUnavailable(
        f"The file {file} is damaged ({how}); delete what it belongs to ('packager deploy delete'), and deploy again."
    )


def write_document(file: Path, document: Mapping[str, Any]) -> None:
    """For the owner's eyes; a reader sees the old one or the new one."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(document, stream, indent=2)
    unfinished.replace(file)
