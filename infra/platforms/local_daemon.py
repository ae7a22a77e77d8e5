"""Processes that outlive whoever started them: found by a lock that they hold, told apart by a folder and a name."""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from infra.config import environment
from infra.errors import PlatformUnavailable
from infra.platforms.local_folder import read_document, write_document

_PAUSE = 0.02
_TRIES = 25
_TAIL = 2000


class Daemon:
    """`python -m <module> <folder>`, of which there is one at most; it keeps its lock until its end."""

    def __init__(self, module: str, folder: Path) -> None:
        self._module = module
        self._folder = folder
        self._name = module.rpartition(".")[2]

    @property
    def log(self) -> Path:
        return self._folder / f"{self._name}.log"

    def runs(self) -> bool:
        """Does its process hold the lock?"""
        return _is_held(_lock_file(self._folder, self._name))

    def details(self) -> Mapping[str, Any]:
        """What it announced; empty when it does not run."""
        return read_document(_announcement(self._folder, self._name)) if self.runs() else {}

    def start(self, *, patience: float = 30.0, without: Collection[str] = ()) -> Mapping[str, Any]:
        """Start it unless it runs, and return what it announces; raises PlatformUnavailable when it does not.

        `without` are environment variables that it shall not have: it lives on when their secrets should be gone.
        """
        if found := self.details():
            return found
        announcement = _announcement(self._folder, self._name)
        announcement.unlink(missing_ok=True)
        pid = self._spawned(without)
        try:
            self._wait(pid, announcement, patience)
        except BaseException:  # because nobody knows of it when its start is given up, cancelled or not
            _signal(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)
            raise
        return read_document(announcement)

    def _wait(self, pid: int, announcement: Path, patience: float) -> None:
        deadline = time.monotonic() + patience
        while not announcement.exists():
            if os.waitpid(pid, os.WNOHANG)[0] != 0 or time.monotonic() > deadline:
                said = self.log.read_text(encoding="utf-8", errors="replace")[-_TAIL:].strip()
                raise PlatformUnavailable(f"The process {self._module} did not start; it said: {said or 'nothing'}")
            time.sleep(_PAUSE)

    def stop(self, *, patience: float = 30.0) -> bool:
        """SIGTERM, `patience` seconds, then SIGKILL; False when it did not run."""
        pid = self.details().get("pid")
        if pid is None:
            return False
        _signal(pid, signal.SIGTERM)
        deadline = time.monotonic() + patience
        while self.runs():
            if time.monotonic() > deadline:
                _signal(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            time.sleep(_PAUSE)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)
        return True

    def _spawned(self, without: Collection[str]) -> int:
        """In a session of its own, so that neither Ctrl-C nor a closed terminal reaches it."""
        command = [sys.executable, "-m", self._module, str(self._folder)]
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        return os.posix_spawn(
            sys.executable,
            command,
            {name: value for name, value in environment().items() if name not in without},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log), flags, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )


@contextmanager
def alone(module: str, folder: Path) -> Iterator[None]:
    """What the process itself does first: hold the lock, or end at once because another one holds it."""
    name = module.rpartition(".")[2]
    with _lock_file(folder, name).open("w") as lock:
        # Whoever asks whether it runs holds the lock for a moment, too.
        for _ in range(_TRIES):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(_PAUSE)
        else:
            sys.exit(f"Another {module} holds {folder}.")
        try:
            yield
        finally:
            _announcement(folder, name).unlink(missing_ok=True)


def announce(module: str, folder: Path, details: Mapping[str, Any]) -> None:
    """Tell whoever started this process that it is ready, and how to reach it."""
    write_document(_announcement(folder, module.rpartition(".")[2]), {"pid": os.getpid(), **details})


def _lock_file(folder: Path, name: str) -> Path:
    return folder / f"{name}.lock"


def _announcement(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"


def _is_held(file: Path) -> bool:
    if not file.exists():
        return False
    with file.open("r") as lock:
        try:
            # Shared, so that two who ask do not take each other for the process.
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
