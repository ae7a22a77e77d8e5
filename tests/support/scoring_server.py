"""The server that the retired SDK's images ran, azureml-inference-server-http, in an environment of its own."""

import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import httpx

from infra import child
from infra.config import cache_folder
from tests.support import require

VERSION = "1.5.1"
SCHEMAS = "1.8"
_PATIENCE = 30.0
_INSTALLING = 600.0
# The command line binds every address, and has no option for another one.
_START = "from azureml_inference_server_http import amlserver as s; s.DEFAULT_HOST = '127.0.0.1'; s.run()"


def installed() -> Path:
    """Its interpreter, installed into the cache folder by the first process that asks (about a minute).

    Where it cannot be installed, the test is skipped; under CI=true it fails.
    """
    ours = [f"{name}=={version(name)}" for name in ("numpy", "pandas")]
    numbers = "-".join(each.partition("==")[2] for each in ours)
    home = cache_folder() / f"scoring-server-{VERSION}-{SCHEMAS}-{numbers}"
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / ".complete").exists():
            wanted = [
                f"azureml-inference-server-http=={VERSION}",
                f"inference-schema[numpy-support,pandas-support]=={SCHEMAS}",
                *ours,
            ]
            _install(home, wanted)
            (home / ".complete").touch()
    return home / "bin" / "python"


def _install(home: Path, wanted: list[str]) -> None:
    python = home / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True, timeout=_INSTALLING)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]
    done = subprocess.run(install, capture_output=True, text=True, timeout=_INSTALLING, check=False)
    require(done.returncode == 0, f"The scoring server cannot be installed: {done.stderr.strip()[-500:]}")


@contextmanager
def running(folder: Path, settings: Mapping[str, str]) -> Iterator[str]:
    """Its address while the block runs; serves the score.py in `folder`, which is also its working directory."""
    process, port, log = start(folder, settings)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, process, log)
        yield url
    finally:
        child.stop(process)


def start(folder: Path, settings: Mapping[str, str]) -> tuple["subprocess.Popen[bytes]", int, Path]:
    """The process, the port that it will listen on, and the file that it logs to."""
    python, port, log = installed(), _free_port(), folder.with_suffix(".log")
    command = [str(python), "-c", _START, "--entry_script", "score.py", "--port", str(port)]
    return child.start(command, env={**os.environ, **settings}, log=log, cwd=folder), port, log


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url, timeout=5)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"The scoring server did not start; it said: {log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
