"""Processes that infra starts: they end with their starter, write to a file and are stopped gently first."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_TETHER = Path(__file__).with_name("tether.py")
_GRACE = 0.3
"""Seconds that those whom a process left behind have to end by themselves."""
_PAUSE = 0.01


def start(command: Sequence[str], *, env: Mapping[str, str], log: Path, cwd: Path) -> subprocess.Popen[bytes]:
    """Start `command` with both outputs appended to `log`.

    The process gets SIGTERM when the calling *thread* ends, however that happens: call it from a thread that
    lives as long as the process should. It has its own process group, so Ctrl-C reaches only the caller.
    """
    tethered = [sys.executable, "-I", "-S", str(_TETHER), str(os.getpid()), *command]
    with log.open("ab") as output:
        return subprocess.Popen(
            tethered,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
        )


def ended(process: subprocess.Popen[bytes]) -> int | None:
    """The exit code, or None while it runs; when it has ended, what it left behind in its group is ended too."""
    if process.returncode is None and process.poll() is not None:
        _end_group(process.pid)
    return process.returncode


def stop(process: subprocess.Popen[bytes], *, patience: float = 15.0) -> int:
    """SIGTERM, `patience` seconds, then SIGKILL; then what it left behind in its group. Returns the exit code.

    Stopping twice is harmless.
    """
    if (code := ended(process)) is not None:
        return code
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _end_group(process.pid)
    return int(process.returncode)


def _end_group(group: int) -> None:
    """The number of a group is nobody else's as long as there is somebody in it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            time.sleep(_PAUSE)
        os.killpg(group, signal.SIGKILL)
