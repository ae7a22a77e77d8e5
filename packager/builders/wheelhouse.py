"""Fetch wheels for the image on this side, so that a build needs no network, proxy or index credentials."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from packager.builders.contract import Log
from packager.errors import BuildFailed
from packager.locking import LOCK
from packager.locking_target import WheelTarget
from packager.url_credentials import with_credentials

_NO_WHEEL = re.compile(r"No matching distribution found for (.+)")
_PLACE = re.compile(r"^(?P<option>(?:--find-links|-f)[\s=]+)(?P<place>\S+)$")
_TAIL_LINES = 20


def download_wheels(
    requirements: Path, into: Path, target: WheelTarget, log: Log, credentials: Mapping[str, str] | None = None
) -> None:
    """Put a wheel of every requirement into `into`; of a requirements.lock exactly those, by their hashes.

    Of a requirements.txt, what the requirements require comes too. Raises BuildFailed naming the requirement that
    has no wheel for `target`. `credentials` are URLs with user and password for those in the requirements without.
    """
    with _whole(requirements, credentials or {}) as file:
        _download(file, into, target, log)


@contextmanager
def _whole(requirements: Path, credentials: Mapping[str, str]) -> Iterator[Path]:
    """The requirements with their credentials, in a file that only this user may read."""
    text = requirements.read_text(encoding="utf-8")
    whole = with_credentials(text, credentials)
    if whole == text:
        yield requirements
        return
    with tempfile.TemporaryDirectory(prefix="packager-requirements-") as folder:
        file = Path(folder) / requirements.name
        # Places are named from where the requirements lie.
        lines = (_PLACE.sub(lambda each: _absolute(each, requirements.parent), line) for line in whole.splitlines())
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        yield file


def _absolute(found: re.Match[str], folder: Path) -> str:
    place = folder / found["place"]
    return f"{found['option']}{place}" if place.exists() else found[0]


def _download(requirements: Path, into: Path, target: WheelTarget, log: Log) -> None:
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
