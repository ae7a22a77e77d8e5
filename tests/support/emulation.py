"""A program that runs arm64 programs on this machine: Debian's static QEMU, taken out of its package."""

import fcntl
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from infra.config import cache_folder

_PROGRAM = "qemu-aarch64-static"
_PACKAGE = "qemu-user-static"
_PATIENCE = 300.0


def missing() -> str:
    """Why arm64 cannot be emulated here, in one sentence; empty when it can."""
    if platform.machine() != "x86_64":
        return f"Emulation is for x86_64 machines; this one is {platform.machine()}."
    if shutil.which(_PROGRAM) or _kept().exists() or shutil.which("apt-get"):
        return ""
    return f"The program `{_PROGRAM}` is missing (on Debian: in the package {_PACKAGE})."


def program() -> Path:
    """The emulator: installed, or fetched once per machine without installing it."""
    if installed := shutil.which(_PROGRAM):
        return Path(installed)
    kept = _kept()
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            _fetch(kept)
    return kept


def _fetch(target: Path) -> None:
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        # Installing the package would register an interpreter for the whole machine.
        subprocess.run(["apt-get", "download", _PACKAGE], cwd=folder, check=True, timeout=_PATIENCE, **quiet)
        (package,) = Path(folder).glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", str(package), folder], check=True, timeout=_PATIENCE, **quiet)
        (Path(folder) / "usr" / "bin" / _PROGRAM).rename(target)


def _kept() -> Path:
    return cache_folder() / "emulators" / _PROGRAM
