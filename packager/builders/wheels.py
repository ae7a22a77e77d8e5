"""The wheels of a lock, fetched once and kept by their hashes."""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from packager.builders.cache import WHEEL_SETS, BuildCache
from packager.builders.contract import Log
from packager.builders.wheelhouse import download_wheels
from packager.errors import BuildFailed
from packager.files import refusals_named
from packager.locking import LOCK
from packager.locking_target import WheelTarget
from packager.models.contract import content_sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelSet:
    """What an image installs: the names of wheel files with their SHA-256."""

    wheels: Mapping[str, str]

    @property
    def key(self) -> str:
        """The same for the same wheels."""
        lines = "".join(f"{sha256} {name}\n" for name, sha256 in sorted(self.wheels.items()))
        return hashlib.sha256(lines.encode()).hexdigest()


def fetch_wheels(
    cache: BuildCache, requirements: Path, target: WheelTarget, log: Log, credentials: Mapping[str, str] | None = None
) -> WheelSet:
    """The wheels of a requirements.lock for `target`, from the cache if they were fetched before.

    Of a requirements.txt they are looked up anew each time. Raises BuildFailed as download_wheels() does.
    """
    key = hashlib.sha256(f"{target}\n{requirements.read_text(encoding='utf-8')}".encode()).hexdigest()
    kept = cache.record(WHEEL_SETS, key) if requirements.name == LOCK else None
    if kept is not None and all(cache.wheel(sha256, name).is_file() for name, sha256 in kept.items()):
        return WheelSet(wheels=dict(kept))
    log(f"Fetching wheels for {target}")
    with _folder(cache) as folder:
        download_wheels(requirements, folder, target, log, credentials)
        found = {file: content_sha256(file) for file in sorted(folder.glob("*.whl"))}
        wheels = {cache.keep_wheel(file, sha256).name: sha256 for file, sha256 in found.items()}
    cache.keep(WHEEL_SETS, key, wheels)
    return WheelSet(wheels=wheels)


def wheel_files(
    cache: BuildCache, requirements: Path, target: WheelTarget, log: Log, credentials: Mapping[str, str] | None = None
) -> Sequence[Path]:
    """The files of fetch_wheels(), by name; one that the cache spoilt is fetched again. Raises BuildFailed."""
    files = sound_wheels(cache, fetch_wheels(cache, requirements, target, log, credentials))
    if files is None:
        files = sound_wheels(cache, fetch_wheels(cache, requirements, target, log, credentials))
    if files is None:
        raise BuildFailed(f"The wheels in {cache.folder} do not stay what they were when they were fetched.")
    return files


def sound_wheels(cache: BuildCache, wheels: WheelSet) -> Sequence[Path] | None:
    """The files of a set, by name; None, with the damaged ones removed, when one is not what its hash says."""
    files = [cache.wheel(sha256, name) for name, sha256 in sorted(wheels.wheels.items())]
    damaged = [file for file in files if not file.is_file() or content_sha256(file) != file.parent.name]
    for file in damaged:
        file.unlink(missing_ok=True)
    return None if damaged else files


def distribution_of(wheel: str) -> str:
    """The name of the distribution that a wheel file holds, as an index writes it."""
    return re.sub(r"[-_.]+", "-", wheel.partition("-")[0]).lower()


@contextmanager
def _folder(cache: BuildCache) -> Iterator[Path]:
    with refusals_named(cache.folder):
        folder = Path(tempfile.mkdtemp(prefix="wheels-", dir=cache.workshop()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
