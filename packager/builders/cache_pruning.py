"""What the cache of builds takes, and throwing out what nothing needs any more."""

import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from packager.builders.cache import BASE_FACTS, DEBIAN_BASES, ENGINE_BASES, LAYERS, RECORDS, WHEEL_SETS, BuildCache
from packager.config import KEPT_DAYS
from packager.errors import InvalidImage
from packager.files import locked
from packager.oci.manifest import OCI_MANIFEST, REFERENCE, Descriptor

_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheUse:
    """What one kind of thing takes."""

    kind: str
    count: int
    size: int
    """Bytes."""


def cache_use(cache: BuildCache) -> list[CacheUse]:
    """Images with their layers, wheels, and records of what was made from what."""
    kinds = {
        "images": [cache.layout.folder],
        "wheels": [cache.folder / "wheels"],
        "records": [cache.folder / kind for kind in RECORDS],
        "unfinished": [cache.folder / "work"],
    }
    return [_use(kind, folders) for kind, folders in kinds.items()]


def prune(cache: BuildCache, days: float = KEPT_DAYS) -> CacheUse:
    """Throw out what was not used for so many days (0: everything), and what is left over; what that freed.

    Waits for builds that are under way, and those that come meanwhile wait for it.
    """
    before = sum(each.size for each in cache_use(cache))
    with locked(cache.folder / "in-use.lock"):
        gone = _drop_old(cache, time.time() - days * _DAY)
        gone += _remove(set(_files(cache.folder / "wheels")) - set(_wheels(cache)))
        blobs = cache.layout.folder / "blobs"
        gone += _remove(set(_files(blobs)) - {cache.layout.path(digest) for digest in _digests(cache)})
        gone += len(_files(cache.folder / "work"))
        shutil.rmtree(cache.folder / "work", ignore_errors=True)
        for kind in RECORDS:
            _remove((cache.folder / kind).glob("*.lock"))
        gone += _remove(cache.folder.rglob(".incoming-*"))
    for folder in (cache.folder / "wheels").glob("*"):
        if not any(folder.iterdir()):
            folder.rmdir()
    return CacheUse(kind="freed", count=gone, size=before - sum(each.size for each in cache_use(cache)))


def sweep(cache: BuildCache) -> None:
    """Remove what builds that were killed more than a day ago left unfinished; a cache that may only be read stays."""
    limit = time.time() - _DAY
    for work in (cache.folder / "work").glob("*"):
        if _age(work) <= limit:
            shutil.rmtree(work, ignore_errors=True)
    for file in (cache.layout.folder / "blobs" / "sha256").glob(".incoming-*"):
        if _age(file) <= limit:
            with suppress(OSError):
                file.unlink()


def _drop_old(cache: BuildCache, limit: float) -> int:
    records = [file for kind in RECORDS for file in (cache.folder / kind).glob("*.json")]
    layout = cache.layout
    named = [each for each in layout.index().manifests if _age(layout.path(each.digest)) <= limit]
    if named:
        layout.forget(each.annotations.get(REFERENCE, "") for each in named)
    return _remove(file for file in records if _age(file) <= limit)


def _age(file: Path) -> float:
    """When it was used last; a thing that is gone was never used."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0


def _wheels(cache: BuildCache) -> Iterator[Path]:
    for file in (cache.folder / WHEEL_SETS).glob("*.json"):
        wheels = cache.record(WHEEL_SETS, file.stem, used=False) or {}
        yield from (cache.wheel(sha256, name) for name, sha256 in wheels.items())


def _digests(cache: BuildCache) -> Iterator[str]:
    """Of every blob that an image, a base or the record of a layer needs."""
    for image in _images(cache):
        try:
            yield from (each.digest for each in cache.layout.blobs_of(image))
        except InvalidImage:
            # What is damaged is of no use, and is made again when it is wanted.
            continue
    for file in (cache.folder / LAYERS).glob("*.json"):
        document = cache.record(LAYERS, file.stem, used=False) or {}
        yield str(document.get("descriptor", {}).get("digest", ""))


def _images(cache: BuildCache) -> Iterator[Descriptor]:
    yield from cache.layout.index().manifests
    for kind in (DEBIAN_BASES, ENGINE_BASES):
        records = (cache.record(kind, file.stem, used=False) for file in (cache.folder / kind).glob("*.json"))
        yield from (Descriptor.parse(each, kind) for each in records if each)
    for file in (cache.folder / BASE_FACTS).glob("*.json"):
        digest = f"sha256:{file.stem}"
        if cache.layout.path(digest).is_file():
            size = cache.layout.path(digest).stat().st_size
            yield Descriptor(media_type=OCI_MANIFEST, digest=digest, size=size)


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def _remove(files: Iterable[Path]) -> int:
    removed = list(files)
    for file in removed:
        file.unlink(missing_ok=True)
    return len(removed)


def _use(kind: str, folders: Sequence[Path]) -> CacheUse:
    files = [file for folder in folders for file in _files(folder)]
    return CacheUse(kind=kind, count=len(files), size=sum(file.stat().st_size for file in files))
