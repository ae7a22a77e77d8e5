"""Processes that infra starts: they end with their starter, write to a file and are stopped gently first."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_TETHER = Path(__file__).with_name("tether.py")


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


def stop(process: subprocess.Popen[bytes], *, patience: float = 15.0) -> int:
    """SIGTERM, `patience` seconds, then SIGKILL; returns the exit code. Stopping twice is harmless."""
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
