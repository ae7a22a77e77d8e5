"""Azurite, Microsoft's storage emulator: installed on first use, started on free ports, stopped again."""

import re
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from infra import child
from infra.config import cache_folder, environment
from infra.emulators import npm
from infra.errors import EmulatorUnavailable

VERSION = "3.35.0"
"""The newest release that runs on Node.js 20."""

ACCOUNT = "devstoreaccount1"
# Every Azurite in the world has this key; Microsoft publishes it.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

_SERVICES = ("Blob", "Queue", "Table")
_LISTENING = re.compile(r"Azurite (\w+) service is successfully listening at http://[^:\s]+:(\d+)\n")


class Azurite:
    """One storage emulator on 127.0.0.1, from `start()` to `stop()`; a context manager does both.

    With a `folder` its data outlives it; without one everything stays in memory. With a `log` every request is noted
    there, one line each. `ports` are those of an emulator before, whose connection string shall stay true.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        log: Path | None = None,
        ports: Mapping[str, int] | None = None,
        patience: float = 60.0,
    ) -> None:
        self._folder = folder
        self._log = log
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._ports: dict[str, int] = {}
        self._ports_before: dict[str, int] = dict(ports or {})

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def ports(self) -> Mapping[str, int]:
        """Service (`Blob`, `Queue`, `Table`) -> port, while it runs."""
        return dict(self._ports)

    @property
    def blob_port(self) -> int:
        return self._port("Blob")

    @property
    def queue_port(self) -> int:
        return self._port("Queue")

    @property
    def connection_string(self) -> str:
        """What storage SDKs and the app setting `TriggerConnectionString` take."""
        endpoints = "".join(
            f"{service}Endpoint=http://127.0.0.1:{self._port(service)}/{ACCOUNT};" for service in _SERVICES
        )
        return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{endpoints}"

    def start(self) -> Self:
        """Return when the blob, queue and table service all listen; raises EmulatorUnavailable.

        The first start on a machine downloads about 190 MB through npm. It ends with the calling thread.
        """
        package = npm.installed("azurite", VERSION, cache_folder())
        node = npm.program("node", "Azurite")
        self._scratch = tempfile.TemporaryDirectory(prefix="azurite-")
        scratch = Path(self._scratch.name)
        log = self._log or scratch / "azurite.log"
        said_before = log.stat().st_size if log.exists() else 0
        command = [node, str(package / "dist" / "src" / "azurite.js"), *self._arguments()]
        self._process = child.start(command, env=environment(), log=log, cwd=scratch)
        try:
            self._ports = self._announced(log, said_before)
        except BaseException:  # because a process that nobody holds would go on, cancelled or not
            self.stop()
            raise
        return self

    def kill(self) -> None:
        """End it with SIGKILL; the next start() listens on the same ports. What it had not saved yet is lost."""
        if self._process is not None:
            self._process.kill()
        ports = self._ports
        self.stop()
        self._ports_before = ports

    def stop(self) -> None:
        """Stop it and wait for its end; harmless when it does not run."""
        if self._process is not None:
            child.stop(self._process)
        if self._scratch is not None:
            self._scratch.cleanup()
        self._process, self._scratch, self._ports, self._ports_before = None, None, {}, {}

    def _arguments(self) -> list[str]:
        # Port 0 lets the kernel choose, so two emulators never fight for one port.
        listen = [
            part
            for name, service in ((name, name.lower()) for name in _SERVICES)
            for part in (
                f"--{service}Host", "127.0.0.1", f"--{service}Port", str(self._ports_before.get(name, 0)),
            )
        ]  # fmt: skip
        quiet = ["--disableTelemetry", "--skipApiVersionCheck", *([] if self._log else ["--silent"])]
        if self._folder is None:
            return [*listen, *quiet, "--inMemoryPersistence"]
        self._folder.mkdir(parents=True, exist_ok=True)
        return [*listen, *quiet, "--location", str(self._folder.resolve())]

    def _announced(self, log: Path, said_before: int) -> dict[str, int]:
        assert self._process is not None  # noqa: S101 - start() has just set it
        deadline = time.monotonic() + self._patience
        while True:
            ended = self._process.poll() is not None
            text = log.read_bytes()[said_before:].decode(errors="replace")
            ports = {service: int(port) for service, port in _LISTENING.findall(text)}
            if len(ports) == len(_SERVICES):
                return ports
            if ended or time.monotonic() > deadline:
                what = "ended at once" if ended else f"was not ready within {self._patience:.0f} seconds"
                raise EmulatorUnavailable(f"Azurite {VERSION} {what}; it said: {text.strip() or 'nothing'}")
            time.sleep(0.02)

    def _port(self, service: str) -> int:
        if service not in self._ports:
            raise EmulatorUnavailable("Azurite does not run; call start() or use it in a `with` statement.")
        return self._ports[service]
