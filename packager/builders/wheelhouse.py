"""Fetch wheels for the image on this side, so that a build needs no network, proxy or index credentials."""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from packager.builders.contract import Log
from packager.errors import BuildFailed

_MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}
_NEWEST_GLIBC = 36
_OLDEST_GLIBC = 5
_NO_WHEEL = re.compile(r"No matching distribution found for (.+)")
_TAIL_LINES = 20


def download_wheels(requirements: Path, into: Path, *, python_version: str, architecture: str, log: Log) -> None:
    """Put a wheel of every requirement, and of what those require, into `into`.

    Wheels are for CPython `python_version` on Linux with glibc; `architecture` in Docker's words (`amd64`).
    Raises BuildFailed naming the requirement that has no such wheel.
    """
    target = _target(python_version, architecture)
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--progress-bar=off"]
    command += ["--requirement", str(requirements), "--dest", str(into), *target]
    lines: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            log(lines[-1])
    if process.returncode != 0:
        raise _failure(lines, python_version, architecture)


def _target(python_version: str, architecture: str) -> list[str]:
    if architecture not in _MACHINES:
        known = ", ".join(sorted(_MACHINES))
        raise BuildFailed(f"The engine's architecture {architecture!r} is not one of {known}.")
    machine = _MACHINES[architecture]
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(_NEWEST_GLIBC, _OLDEST_GLIBC - 1, -1)]
    platforms += [f"{name}_{machine}" for name in ("manylinux2014", "manylinux2010", "manylinux1", "linux")]
    abis = [f"cp{python_version.replace('.', '')}", "abi3", "none"]
    options = ["--only-binary=:all:", "--implementation=cp", f"--python-version={python_version}"]
    return [*options, *(f"--abi={abi}" for abi in abis), *(f"--platform={each}" for each in platforms)]


def _failure(lines: Sequence[str], python_version: str, architecture: str) -> BuildFailed:
    tail = "\n".join(lines[-_TAIL_LINES:])
    missing = next((found[1] for line in lines if (found := _NO_WHEEL.search(line))), None)
    if missing is None:
        message = "The packages of requirements.txt could not be downloaded; the end of pip's output says why."
    else:
        message = (
            f"There is no wheel of {missing!r} for Python {python_version} on linux/{architecture}; choose a version "
            "that has one, or take the Dockerfile (generate_dockerfile=True) and install it there."
        )
    return BuildFailed(f"{tail}\n{message}", log=tail)
