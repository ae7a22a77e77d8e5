"""Install a pinned npm package once into a cache folder that several processes share."""

import fcntl
import shutil
import subprocess
from pathlib import Path

from infra.errors import EmulatorUnavailable

_PATIENCE = 300.0
_TAIL = 1500


def installed(package: str, version: str, cache: Path) -> Path:
    """The folder `node_modules/<package>`, installed below `cache` on first use.

    Safe to call from several processes at once: one installs, the others wait for it. An interrupted
    installation leaves nothing that looks finished. Raises EmulatorUnavailable.
    """
    home = cache / f"{package}-{version}"
    found = home / "node_modules" / package
    if found.is_dir():
        return found
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.is_dir():
            _install(f"{package}@{version}", home)
    return found


def program(name: str, purpose: str) -> str:
    """The path of `name` on this machine; raises EmulatorUnavailable with the way to get it."""
    path = shutil.which(name)
    if path is None:
        raise EmulatorUnavailable(
            f"{purpose} needs the program `{name}`, which is not on the PATH; "
            "install Node.js 20 or newer with npm (on Debian: apt-get install nodejs npm)."
        )
    return path


def _install(specification: str, home: Path) -> None:
    npm = program("npm", f"Installing {specification}")
    unfinished = home.with_name(f"{home.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    flags = ["--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--loglevel=error"]
    try:
        done = subprocess.run(
            [npm, "install", *flags, "--prefix", str(unfinished), specification],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise EmulatorUnavailable(
            f"npm did not install {specification} within {_PATIENCE:.0f} seconds; is its registry reachable?"
        ) from late
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-_TAIL:]
        raise EmulatorUnavailable(
            f"npm could not install {specification} into {home} (exit code {done.returncode}): {said}"
        )
    unfinished.rename(home)
