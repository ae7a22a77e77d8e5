"""A real container registry on a free port of 127.0.0.1, from Debian's `docker-registry`."""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml

from infra import child
from infra.config import environment

PROGRAM = "docker-registry"
_LISTENING = re.compile(r"listening on 127\.0\.0\.1:(\d+)")
_PATIENCE = 20.0


def missing() -> str:
    """Why no registry can be started here, in one sentence; empty when it can."""
    if shutil.which(PROGRAM):
        return ""
    return f"A registry needs the program `{PROGRAM}` (on Debian: apt-get install {PROGRAM})."


@contextmanager
def running(settings: Mapping[str, object] | None = None) -> Iterator[str]:
    """A registry with its data in a temporary folder: "127.0.0.1:PORT" while the block runs.

    `settings` are added to its configuration: `auth`, for example, or `http`, whose address stays.
    """
    with tempfile.TemporaryDirectory(prefix="registry-") as name:
        folder = Path(name)
        config, log = folder / "config.yml", folder / "registry.log"
        config.write_text(yaml.safe_dump(_config(folder / "data", settings or {})))
        process = child.start([PROGRAM, "serve", str(config)], env=environment(), log=log, cwd=folder)
        try:
            yield f"127.0.0.1:{_port(process, log)}"
        finally:
            child.stop(process)


def _config(data: Path, settings: Mapping[str, object]) -> dict[str, object]:
    storage = {"filesystem": {"rootdirectory": str(data)}, "delete": {"enabled": True}}
    http = {**dict(settings.get("http", {})), "addr": "127.0.0.1:0"}
    return {"version": "0.1", "log": {"level": "info"}, "storage": storage, **settings, "http": http}


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        if found := _LISTENING.search(log.read_text()):
            return int(found[1])
        time.sleep(0.02)
    raise RuntimeError(f"The registry did not start; it said: {log.read_text()}")
