"""Fetch wheels for the image on this side, so that a build needs no network, proxy or index credentials."""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from packager.builders.contract import Log
from packager.errors import BuildFailed
from packager.locking import LOCK
from packager.locking_target import WheelTarget

_NO_WHEEL = re.compile(r"No matching distribution found for (.+)")
_TAIL_LINES = 20


def download_wheels(requirements: Path, into: Path, target: WheelTarget, log: Log) -> None:
    """Put a wheel of every requirement into `into`; of a requirements.lock exactly those, by their hashes.

    Of a requirements.txt, what the requirements require comes too. Raises BuildFailed naming the requirement that
    has no wheel for `target`.
    """
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--progress-bar=off"]
    command += ["--requirement", str(requirements), "--dest", str(into), *target.pip_options()]
    command += ["--no-deps", "--require-hashes"] if requirements.name == LOCK else []
    lines: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            log(lines[-1])
    if process.returncode != 0:
        raise _failure(lines, target)


def _failure(lines: Sequence[str], target: WheelTarget) -> BuildFailed:
    tail = "\n".join(lines[-_TAIL_LINES:])
    missing = next((found[1] for line in lines if (found := _NO_WHEEL.search(line))), None)
    if missing is None:
        message = "The packages of requirements.txt could not be downloaded; the end of pip's output says why."
    else:
        message = (
            f"There is no wheel of {missing!r} for {target}; choose a version that "
            "has one, or take the Dockerfile (generate_dockerfile=True) and install it there."
        )
    return BuildFailed(f"{tail}\n{message}", log=tail)
