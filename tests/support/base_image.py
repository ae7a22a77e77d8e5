"""A Debian base image with Python 3.11 made on this machine, for engines that reach no registry."""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

from infra.config import cache_folder
from tests.support.engine import DockerEngine

_SUITE = "bookworm"
_PACKAGES = ("python3", "python3-venv", "python3-pip", "python-is-python3", "ca-certificates")
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
_PATIENCE = 600.0


def missing() -> str:
    """Why no base image can be made here, in one sentence; empty when it can."""
    if _archive().exists() or shutil.which("mmdebstrap"):
        return ""
    return "A local base image needs the program `mmdebstrap` (on Debian: apt-get install mmdebstrap)."


def imported(engine: DockerEngine) -> str:
    """The name of the base image in `engine`; made once per machine (about 40 s) and imported once per engine."""
    archive = _made()
    name = f"packager-test-base:{archive.stem.rpartition('-')[2]}"
    repository, _, tag = name.partition(":")
    if not engine.client.images.list(name=name):
        engine.client.api.import_image_from_file(str(archive), repository=repository, tag=tag)
    return name


def _command(target: Path) -> list[str]:
    excluded = [f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT]
    without_extras = '--aptopt=Apt::Install-Recommends "false"'
    options = ["--variant=apt", f"--include={','.join(_PACKAGES)}", without_extras, *excluded]
    return ["mmdebstrap", "--quiet", *options, _SUITE, str(target), *map(str, _apt_sources())]


def _apt_sources() -> list[Path]:
    # The machine's own sources are the ones it is known to reach.
    single = Path("/etc/apt/sources.list")
    folder = single.with_name("sources.list.d")
    found = [single, *sorted(folder.glob("*.list")), *sorted(folder.glob("*.sources"))]
    return [path for path in found if path.is_file() and path.stat().st_size]


def _archive() -> Path:
    key = hashlib.sha256("\n".join((_SUITE, *_PACKAGES, *_LEFT_OUT)).encode()).hexdigest()[:12]
    return cache_folder() / "base-images" / f"{_SUITE}-{key}.tar"


def _made() -> Path:
    archive = _archive()
    archive.parent.mkdir(parents=True, exist_ok=True)
    with archive.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not archive.exists():
            unfinished = archive.with_suffix(".unfinished.tar")
            subprocess.run(_command(unfinished), stdin=subprocess.DEVNULL, check=True, timeout=_PATIENCE)
            unfinished.rename(archive)
    return archive
