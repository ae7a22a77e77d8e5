"""Where base images come from: a registry, a layout, an archive, a Docker Engine, or Debian's packages."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from packager.builders.base_facts import BaseFacts, read_facts
from packager.builders.cache import BASE_FACTS, BuildCache
from packager.errors import BuildFailed, InvalidImage
from packager.oci.archive import read_archive
from packager.oci.layout import ImageLayout
from packager.oci.manifest import Descriptor, Platform


class BaseSource(Protocol):
    """Gets base images of one kind."""

    def fetch(self, reference: str, platform: Platform, into: ImageLayout) -> Descriptor:
        """Bring the image's manifest for `platform`, its configuration and layers into a layout; the manifest.

        What is there already, by digest, is not brought again. Raises InvalidImage when there is none for that
        platform, and the source's own PackagerError when it cannot be asked.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A base image in the cache's layout."""

    name: str
    """As it goes into labels: without the folders of this machine."""
    manifest: Descriptor
    facts: BaseFacts


class LayoutSource:
    """`oci:FOLDER`, or `oci:FOLDER:NAME` of a layout with several images."""

    def fetch(self, reference: str, platform: Platform, into: ImageLayout) -> Descriptor:
        """Copies from the layout, verifying every blob; raises InvalidImage."""
        folder, name = split_place(reference)
        layout = ImageLayout.open(folder)
        return into.take(layout, layout.for_platform(layout.find(name), platform))


class ArchiveSource:
    """`archive:FILE`, or `archive:FILE:NAME` of one with several images, as `docker save` and OCI tools write it."""

    def fetch(self, reference: str, platform: Platform, into: ImageLayout) -> Descriptor:
        """Unpacks the archive, verifying every blob; raises InvalidImage."""
        file, name = split_place(reference)
        if not file.is_file():
            raise InvalidImage(f"There is no archive of images at {file}.")
        return into.for_platform(read_archive(file, into, name), platform)


def fetch_base(image: str, platform: Platform, cache: BuildCache, sources: Mapping[str, BaseSource]) -> Base:
    """The base image that a name stands for; `sources` are by the word before ':', '' is a registry's.

    Raises InvalidImage when it is for another platform, and BuildFailed when there is no such source.
    """
    kind, separator, rest = image.partition(":")
    chosen = kind if separator and kind in sources else ""
    if chosen not in sources:
        raise BuildFailed(
            f"The base image {image!r} would come from a registry, which this builder cannot ask; write "
            f"{', '.join(f'{each}:...' for each in sorted(sources))}, or take the Docker builder."
        )
    if not rest and chosen:
        raise InvalidImage(f"The base image {image!r} names nothing after the ':'; write for example '{chosen}:NAME'.")
    found = sources[chosen].fetch(rest if chosen else image, platform, cache.layout)
    name = f"{chosen}:{Path(rest).name}" if chosen in {"archive", "oci"} else image
    return Base(name=name, manifest=found, facts=_facts(cache, found))


def check_python(base: Base, wanted: str) -> None:
    """Raises BuildFailed unless the base has the Python that the environment asks for."""
    found = base.facts.python_version
    if not base.facts.python:
        raise BuildFailed(
            f"The base image {base.name} has no python3 on its PATH; take one that has, such as 'python:{wanted}-slim'."
        )
    if not found:
        raise BuildFailed(
            f"The base image {base.name} has {base.facts.python}, whose version cannot be told: it is no link to a "
            "python3.N, and there is no single one beside it nor a lib/python3.N of its own; take another base_image, "
            f"such as 'python:{wanted}-slim'."
        )
    if found != wanted:
        raise BuildFailed(
            f"The base image has Python {found}, the environment asks for {wanted}; choose another base_image than "
            f"{base.name}, or python_version={found!r}."
        )


def _facts(cache: BuildCache, manifest: Descriptor) -> BaseFacts:
    """To look through all layers takes a second, so what was found is kept for as long as nobody writes to them.

    Raises DamagedBlob for a layer that somebody did.
    """
    key = manifest.digest.partition(":")[2]
    layers = cache.layout.manifest(manifest).layers
    seen = [list(cache.seen(each)) for each in layers]
    kept = cache.record(BASE_FACTS, key) or {}
    if kept.get("seen") == seen:
        return BaseFacts(**kept["facts"])
    for each in layers:
        cache.layout.verify(each)
    facts = read_facts(cache.layout, manifest)
    cache.keep(BASE_FACTS, key, {"facts": asdict(facts), "seen": seen})
    return facts


def split_place(reference: str) -> tuple[Path, str]:
    """`PATH` or `PATH:NAME`, where NAME may have a ':' of its own; a path that is there wins."""
    whole = Path(reference).expanduser()
    if whole.exists() or ":" not in reference:
        return whole, ""
    path, _, name = reference.partition(":")
    return Path(path).expanduser(), name
