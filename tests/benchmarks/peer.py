"""The server that the retired SDK's images ran, azureml-inference-server-http, with the same score.py and model."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from infra import child
from infra.config import cache_folder
from tests.benchmarks.subject import BODY, EXAMPLE

VERSION = "1.5.1"
_PATIENCE = 60.0


def python() -> Path:
    """The interpreter of the peer's own environment in the cache folder; made on first use (about a minute)."""
    same = [f"{name}=={version(name)}" for name in ("scikit-learn", "numpy", "joblib", "scipy")]
    home = cache_folder() / f"azureml-inference-server-http-{VERSION}-{'-'.join(part[-5:] for part in same)}"
    interpreter = home / "bin" / "python"
    if not (home / ".complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        install = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, f"azureml-inference-server-http=={VERSION}", *same], check=True)
        (home / ".complete").touch()
    return interpreter


@contextmanager
def running(model_dir: Path, folder: Path) -> Iterator[str]:
    """The peer's scoring URL while the block runs; it listens on every address, as it has no option for one."""
    program = python().with_name("azmlinfsrv")
    port = _free_port()
    command = [str(program), "--entry_script", str(EXAMPLE / "score.py"), "--model_dir", str(model_dir)]
    process = child.start([*command, "--port", str(port)], env=dict(os.environ), log=folder / "peer.log", cwd=folder)
    try:
        url = f"http://127.0.0.1:{port}/score"
        _wait(url, process, folder / "peer.log")
        yield url
    finally:
        child.stop(process)


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    request = urllib.request.Request(url, data=BODY.encode(), headers={"Content-Type": "application/json"})
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(request, timeout=5).close()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"The peer did not start; it said: {log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
