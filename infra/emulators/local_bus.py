"""The Service Bus emulator as a process of its own: started on a free port, stopped again."""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from infra import child
from infra.config import environment
from infra.errors import EmulatorUnavailable

_CONNECTION = re.compile(r"^(Endpoint=sb://\S+)$", re.MULTILINE)
_PAUSE = 0.02


class LocalBus:
    """One Service Bus namespace on 127.0.0.1, from `start()` to `stop()`; a context manager does both.

    `config` is a Config.json of Microsoft's emulator, as a file or as a document. With a `folder` its messages
    outlive it; without one everything stays in memory. `port` 0 takes a free one.
    """

    def __init__(
        self,
        config: Path | Mapping[str, object],
        folder: Path | None = None,
        *,
        port: int = 0,
        patience: float = 30.0,
    ) -> None:
        self._config = config
        self._folder = folder
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._port = port
        self.connection_string = ""
        """What Service Bus SDKs take, from start() on."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Return when clients may connect; raises EmulatorUnavailable. It ends with the calling thread."""
        self._scratch = tempfile.TemporaryDirectory(prefix="service-bus-")
        scratch = Path(self._scratch.name)
        log = scratch / "service-bus.log"
        command = [sys.executable, "-m", "infra.emulators.service_bus", *self._arguments(scratch)]
        self._process = child.start(command, env=environment(), log=log, cwd=scratch)
        try:
            self.connection_string = self._announced(log)
        except BaseException:  # because a process that nobody holds would go on, cancelled or not
            self.stop()
            raise
        return self

    @property
    def port(self) -> int:
        """Where it listens, while it runs."""
        return int(self.connection_string.partition(";")[0].rpartition(":")[2])

    def kill(self) -> None:
        """End it with SIGKILL; the next start() listens on the same port."""
        if self._process is not None:
            self._process.kill()
        port = self.port
        self.stop()
        self._port = port

    def stop(self) -> None:
        """Stop it and wait for its end; harmless when it does not run."""
        if self._process is not None:
            child.stop(self._process)
        if self._scratch is not None:
            self._scratch.cleanup()
        self._process, self._scratch, self._port, self.connection_string = None, None, 0, ""

    def _arguments(self, scratch: Path) -> list[str]:
        file = self._config
        if not isinstance(file, Path):
            file = scratch / "Config.json"
            file.write_text(json.dumps(self._config), encoding="utf-8")
        arguments = ["--config", str(file.resolve()), "--port", str(self._port)]
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            arguments += ["--data", str(self._folder.resolve())]
        return arguments

    def _announced(self, log: Path) -> str:
        assert self._process is not None  # noqa: S101 - start() has just set it
        deadline = time.monotonic() + self._patience
        while True:
            ended = self._process.poll() is not None
            text = log.read_text(encoding="utf-8", errors="replace")
            if found := _CONNECTION.search(text):
                return found[1]
            if ended or time.monotonic() > deadline:
                what = "ended at once" if ended else f"was not ready within {self._patience:.0f} seconds"
                raise EmulatorUnavailable(f"The Service Bus emulator {what}; it said: {text.strip() or 'nothing'}")
            time.sleep(_PAUSE)
