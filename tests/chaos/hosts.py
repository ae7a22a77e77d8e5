"""Host processes that share one account and one host id, killed and started again at will."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra import child
from tests.chaos.app import JOURNAL

HOST_ID = "chaos"
_START = 30.0


@dataclass(kw_only=True)
class Hosts:
    """The processes; what they write is below `folder`."""

    folder: Path
    connection: str
    write: Callable[[Path], None]
    """Writes the app into a folder that is not there yet."""
    names: tuple[str, ...] = ("one", "two")
    settings: Mapping[str, str] = field(default_factory=dict)
    """More app settings."""
    kills: dict[int, float] = field(default_factory=dict)
    """When each process was killed, by its id."""
    _running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def journal(self) -> Path:
        return self.folder / "journal"

    def pid(self, name: str) -> int:
        """The process of that host."""
        return self._running[name].pid

    def url(self, name: str) -> str:
        """Where that host answers."""
        return str(json.loads(self._ready(name).read_text())["url"])

    def start_all(self) -> None:
        """Return when all of them take events; raises RuntimeError."""
        self.journal.touch()
        for name in self.names:
            self._start(name)
        for name in self.names:
            self._wait(name)

    def replace(self, name: str) -> None:
        """SIGKILL in the middle of whatever it does, and another one in its place; returns at once."""
        process = self._running[name]
        process.kill()
        self.kills[process.pid] = time.time()
        process.wait()
        self._start(name)

    def stop(self) -> list[str]:
        """SIGTERM to all of them; tells of those that did not end well."""
        codes = {name: child.stop(process) for name, process in self._running.items()}
        return [f"Host {name} ended with {code} after SIGTERM." for name, code in codes.items() if code]

    def logged(self, text: str) -> int:
        """How many lines of the logs have that text."""
        logs = [self.folder / f"{name}.log" for name in self.names]
        return sum(text in line for log in logs for line in log.read_text(errors="replace").splitlines())

    def _start(self, name: str) -> None:
        root = self.folder / name
        if not root.exists():
            self.write(root)
        ready = self._ready(name)
        ready.unlink(missing_ok=True)
        settings = {"AzureWebJobsStorage": self.connection, "Store": self.connection, **self.settings}
        env = {**os.environ, **settings, "AzureFunctionsWebHost__hostid": HOST_ID, JOURNAL: str(self.journal)}
        command = [sys.executable, "-m", "function_host", "start", "--script-root", str(root), "--port", "0"]
        log = self.folder / f"{name}.log"
        self._running[name] = child.start([*command, "--ready-file", str(ready)], env=env, log=log, cwd=root)

    def _wait(self, name: str) -> None:
        deadline = time.monotonic() + _START
        while not self._ready(name).exists():
            if self._running[name].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Host {name} did not start: {(self.folder / f'{name}.log').read_text()[-2000:]}")
            time.sleep(0.02)

    def _ready(self, name: str) -> Path:
        return self.folder / f"{name}.ready"
