"""An OCI image layout: a folder of blobs by digest, and an index of the images they make."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from packager.errors import DamagedBlob, InvalidImage
from packager.files import IncomingFile, incoming_file, locked, refusals_named, write_whole
from packager.oci.manifest import (
    INDEX_TYPES,
    REFERENCE,
    Descriptor,
    ImageConfig,
    Index,
    Manifest,
    Platform,
    describe,
)

MARKER = "oci-layout"
MARKER_TEXT = b'{"imageLayoutVersion":"1.0.0"}'
_CHUNK = 1 << 20


class BlobWriter:
    """Passes bytes on to a file; counts and hashes them on the way."""

    def __init__(self, file: IncomingFile, algorithm: str = "sha256") -> None:
        self._file = file
        self._hash = hashlib.new(algorithm)
        self.size = 0

    def write(self, data: bytes, /) -> int:
        self._hash.update(data)
        self.size += len(data)
        return self._file.write(data)

    @property
    def digest(self) -> str:
        return f"{self._hash.name}:{self._hash.hexdigest()}"

    def descriptor(self, media_type: str) -> Descriptor:
        """Of what was written so far."""
        return Descriptor(media_type=media_type, digest=self.digest, size=self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLayout:
    """An image layout in a folder; several processes may add to it at once."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> "ImageLayout":
        """The layout in `folder`, made if it is not there; raises CacheUnavailable when it cannot be."""
        with refusals_named(folder):
            (folder / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
        if not (folder / MARKER).is_file():
            write_whole(folder / MARKER, MARKER_TEXT)
        return cls(folder=folder)

    @classmethod
    def open(cls, folder: Path) -> "ImageLayout":
        """The layout that is in `folder`; raises InvalidImage when there is none."""
        try:
            version = json.loads((folder / MARKER).read_bytes())["imageLayoutVersion"]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise InvalidImage(f"{folder} is no OCI image layout: it has no readable file {MARKER!r}.") from error
        if not str(version).startswith("1."):
            raise InvalidImage(f"{folder} is an image layout of version {version!r}; this packager reads version 1.")
        return cls(folder=folder)

    def path(self, digest: str) -> Path:
        """Where the blob of that digest is, or would be."""
        algorithm, _, value = digest.partition(":")
        return self.folder / "blobs" / algorithm / value

    def has(self, descriptor: Descriptor) -> bool:
        """Is there a blob of that digest and size? Its bytes are not looked at."""
        try:
            return self.path(descriptor.digest).stat().st_size == descriptor.size
        except OSError:
            return False

    def open_blob(self, descriptor: Descriptor) -> IO[bytes]:
        """The blob as a file, its bytes not verified; raises InvalidImage when it is missing or of another size."""
        try:
            stream = self.path(descriptor.digest).open("rb")
        except OSError as error:
            raise InvalidImage(f"{self.folder} has no blob {descriptor.digest}; get the image again.") from error
        size = os.fstat(stream.fileno()).st_size
        if size != descriptor.size:
            stream.close()
            raise DamagedBlob(
                f"The blob {descriptor.digest} in {self.folder} has {size} bytes instead of {descriptor.size}: it was "
                "damaged or changed. Get the image again.",
                file=self.path(descriptor.digest),
            )
        return stream

    def copy(self, descriptor: Descriptor, sink: Callable[[bytes], object]) -> None:
        """Hand a blob on in pieces; raises DamagedBlob after the last one if it is not what its digest says."""
        hashed = hashlib.new(descriptor.digest.partition(":")[0])
        with self.open_blob(descriptor) as stream:
            while chunk := stream.read(_CHUNK):
                hashed.update(chunk)
                sink(chunk)
        if (found := f"{hashed.name}:{hashed.hexdigest()}") != descriptor.digest:
            raise DamagedBlob(self._difference(descriptor, found), file=self.path(descriptor.digest))

    def verify(self, descriptor: Descriptor) -> None:
        """Raises InvalidImage when the blob is missing or is not what its digest says."""
        self.copy(descriptor, len)

    def read(self, descriptor: Descriptor) -> bytes:
        """The bytes of a small blob, verified; raises InvalidImage."""
        pieces: list[bytes] = []
        self.copy(descriptor, pieces.append)
        return b"".join(pieces)

    def add_bytes(self, data: bytes, media_type: str, *, artifact_type: str = "") -> Descriptor:
        """Keep a small blob, in place of a damaged one if there is one, and describe it."""
        descriptor = describe(data, media_type, artifact_type=artifact_type)
        if not self._is_sound(descriptor):
            write_whole(self.path(descriptor.digest), data)
        return descriptor

    @contextmanager
    def incoming(self) -> Iterator[tuple[IncomingFile, BlobWriter]]:
        """A blob to write whose digest is not known yet; `keep()` puts it in place, else it is gone at the end."""
        with incoming_file(self.folder / "blobs" / "sha256") as file:
            yield file, BlobWriter(file)

    def keep(self, file: IncomingFile, writer: BlobWriter, media_type: str) -> Descriptor:
        """Put an incoming blob in place under the digest of what was written."""
        file.keep_as(self.path(writer.digest))
        return writer.descriptor(media_type)

    def add_stream(self, chunks: Iterable[bytes], descriptor: Descriptor) -> Descriptor:
        """Keep a blob that comes in pieces; raises InvalidImage, keeping nothing, if it is not what it should be."""
        with incoming_file(self.path(descriptor.digest).parent) as file:
            writer = BlobWriter(file, descriptor.digest.partition(":")[0])
            for chunk in chunks:
                writer.write(chunk)
            if writer.digest != descriptor.digest:
                raise InvalidImage(self._difference(descriptor, writer.digest))
            file.keep_as(self.path(descriptor.digest))
        return descriptor

    def manifest(self, descriptor: Descriptor) -> Manifest:
        """The manifest of that descriptor, verified; raises InvalidImage."""
        return Manifest.parse(self.read(descriptor), f"The manifest {descriptor.digest} in {self.folder}")

    def config(self, manifest: Manifest) -> ImageConfig:
        """The configuration of an image, verified; raises InvalidImage."""
        digest = manifest.config.digest
        return ImageConfig.parse(self.read(manifest.config), f"The configuration {digest} in {self.folder}")

    def nested(self, descriptor: Descriptor) -> Index:
        """The index of that descriptor, verified; raises InvalidImage."""
        return Index.parse(self.read(descriptor), f"The index {descriptor.digest} in {self.folder}")

    def index(self) -> Index:
        """All that the layout holds; raises InvalidImage for an index.json that cannot be read."""
        file = self.folder / "index.json"
        try:
            data = file.read_bytes()
        except FileNotFoundError:
            return Index()
        return Index.parse(data, str(file))

    def name(self, descriptor: Descriptor, reference: str) -> None:
        """Call an image (its manifest or index) by `reference`, which names nothing else from now on."""
        named = replace(descriptor, annotations={**descriptor.annotations, REFERENCE: reference})
        with locked(self.folder / ".index.lock"):
            others = [each for each in self.index().manifests if each.annotations.get(REFERENCE) != reference]
            self._write_index([*others, named])

    def forget(self, references: Iterable[str]) -> None:
        """Take names out of the index; the blobs stay."""
        gone = set(references)
        with locked(self.folder / ".index.lock"):
            self._write_index([each for each in self.index().manifests if each.annotations.get(REFERENCE) not in gone])

    def find(self, reference: str = "") -> Descriptor:
        """What is called `reference`, or the only image there is; raises InvalidImage naming those there are."""
        manifests = self.index().manifests
        found = [each for each in manifests if each.annotations.get(REFERENCE) == reference] if reference else manifests
        if len(found) == 1:
            return found[0]
        names = ", ".join(sorted(each.annotations.get(REFERENCE, each.digest) for each in manifests)) or "none"
        wanted = f"no image called {reference!r}" if reference else f"{len(found)} images, and none was named"
        raise InvalidImage(f"{self.folder} has {wanted}; it holds: {names}.")

    def for_platform(self, descriptor: Descriptor, platform: Platform) -> Descriptor:
        """The manifest for that platform of an image or of an index of images; raises InvalidImage naming both.

        A manifest's own platform is read from its configuration.
        """
        if descriptor.media_type in INDEX_TYPES:
            where = f"The index {descriptor.digest}"
            return self.for_platform(self.nested(descriptor).for_platform(platform, where), platform)
        found = self.config(self.manifest(descriptor)).platform
        if not platform.fits(found):
            raise InvalidImage(f"The image {descriptor.digest} is for {found}, not for {platform}.")
        return descriptor

    def blobs_of(self, descriptor: Descriptor) -> Sequence[Descriptor]:
        """An image's manifest or index with all that it is made of, each once."""
        found: dict[str, Descriptor] = {descriptor.digest: descriptor}
        if descriptor.media_type in INDEX_TYPES:
            for each in self.nested(descriptor).manifests:
                found |= {part.digest: part for part in self.blobs_of(each)}
        else:
            manifest = self.manifest(descriptor)
            found |= {part.digest: part for part in (manifest.config, *manifest.layers)}
        return list(found.values())

    def is_whole(self, descriptor: Descriptor) -> bool:
        """Are all blobs of an image there, of the right size, and can its manifests be read?"""
        try:
            return all(self.has(each) for each in self.blobs_of(descriptor))
        except InvalidImage:
            return False

    def take(self, source: "ImageLayout", descriptor: Descriptor) -> Descriptor:
        """Copy an image with all its blobs from another layout, verified; raises InvalidImage."""
        for each in source.blobs_of(descriptor):
            if not self.has(each):
                with incoming_file(self.path(each.digest).parent) as file:
                    source.copy(each, file.write)
                    file.keep_as(self.path(each.digest))
        return descriptor

    def _write_index(self, manifests: Sequence[Descriptor]) -> None:
        ordered = sorted(manifests, key=lambda each: (each.annotations.get(REFERENCE, ""), each.digest))
        write_whole(self.folder / "index.json", Index(manifests=ordered).to_bytes())

    def _is_sound(self, descriptor: Descriptor) -> bool:
        try:
            self.verify(descriptor)
        except InvalidImage:
            return False
        return True

    def _difference(self, descriptor: Descriptor, found: str) -> str:
        return (
            f"The blob {descriptor.digest} of {self.folder} is not what its digest says: its bytes have {found}. "
            "It was damaged or changed; get the image again."
        )
