"""The folder of what can be made again: layers by what is in them, wheels, locks, bases, and the images themselves."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packager import config
from packager.builders.layers import Layer
from packager.errors import InvalidImage
from packager.files import locked, refusals_named, write_whole
from packager.oci.layout import ImageLayout
from packager.oci.manifest import Descriptor

LAYERS = "layers"
WHEEL_SETS = "wheel-sets"
LOCKS = "locks"
HEAVIEST = "heaviest"
BASE_FACTS = "base-facts"
DEBIAN_BASES = "debian-bases"
ENGINE_BASES = "engine-bases"
RECORDS = (LAYERS, WHEEL_SETS, LOCKS, HEAVIEST, BASE_FACTS, DEBIAN_BASES, ENGINE_BASES)
"""The kinds of records, each a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildCache:
    """A cache that several builds use at once; a build that is cut short leaves it sound.

    Everything in it is written whole or not at all, and found by a key that says what it is made of. A damaged
    entry is noticed and made again. CacheUnavailable is raised when the folder cannot be written.
    """

    folder: Path
    layout: ImageLayout

    @classmethod
    def open(cls, folder: Path | None = None) -> "BuildCache":
        """The cache in `folder`, else in `images` below the packager's cache; made if it is not there."""
        home = folder or config.cache() / "images"
        return cls(folder=home, layout=ImageLayout.create(home / "layout"))

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """While the block runs nothing is thrown out."""
        with locked(self.folder / "in-use.lock", shared=True):
            yield

    def layer(self, key: str, make: Callable[[], Layer]) -> Layer:
        """The layer of that key, made only if it is not there or not sound; two builds make it once."""
        with locked(self.folder / LAYERS / f"{key}.lock"):
            found = self._sound_layer(key)
            if found is None:
                found = make()
                self._keep_layer(key, found)
        return found

    def name(self, image: Descriptor, reference: str) -> None:
        """Call an image by a name in the layout, and take it for used."""
        self.layout.name(image, reference)
        with suppress(OSError):
            os.utime(self.layout.path(image.digest))

    def record(self, kind: str, key: str, *, used: bool = True) -> Mapping[str, Any] | None:
        """What was kept as `kind` under `key`; None when nothing was, or nothing that can be read.

        `used=False` only looks: prune() does not take it for a use.
        """
        file = self._file(kind, key)
        try:
            document = json.loads(file.read_bytes())
        except (OSError, ValueError):
            return None
        # A sign of use, for prune(); a cache that may only be read works without.
        if used:
            with suppress(OSError):
                os.utime(file)
        return document if isinstance(document, dict) else None

    def keep(self, kind: str, key: str, document: Mapping[str, Any]) -> None:
        """Keep a record under a key, over what was there."""
        write_whole(self._file(kind, key), json.dumps(document, sort_keys=True).encode())

    def wheel(self, sha256: str, name: str) -> Path:
        """Where the wheel of that hash is, or would be."""
        return self.folder / "wheels" / sha256 / name

    def keep_wheel(self, file: Path, sha256: str) -> Path:
        """Move a file of this cache's file system in as a wheel."""
        target = self.wheel(sha256, file.name)
        with refusals_named(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            file.replace(target)
        return target

    def workshop(self) -> Path:
        """A folder in the cache's file system for what is not finished; whoever asks removes what it puts there."""
        folder = self.folder / "work"
        with refusals_named(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return folder

    def seen(self, descriptor: Descriptor) -> Sequence[int]:
        """What changes when somebody writes to the blob; hashing gigabytes at each build would take seconds."""
        try:
            status = self.layout.path(descriptor.digest).stat()
        except OSError:
            return []
        return [status.st_size, status.st_mtime_ns, status.st_ino]

    def _file(self, kind: str, key: str) -> Path:
        return self.folder / kind / f"{key}.json"

    def _sound_layer(self, key: str) -> Layer | None:
        document = self.record(LAYERS, key)
        if document is None:
            return None
        try:
            layer = Layer(
                descriptor=Descriptor.parse(document["descriptor"], f"layer {key}"),
                diff_id=document["diff_id"],
                size=document["size"],
            )
            if document.get("seen") != self.seen(layer.descriptor):
                self.layout.verify(layer.descriptor)
                self._keep_layer(key, layer)
        except (InvalidImage, KeyError):
            return None
        return layer

    def _keep_layer(self, key: str, layer: Layer) -> None:
        kept = {"descriptor": layer.descriptor.document(), "diff_id": layer.diff_id, "size": layer.size}
        self.keep(LAYERS, key, {**kept, "seen": self.seen(layer.descriptor)})
