"""One tar that Docker engines, old ones too, and OCI tools read; and reading the tars that either of them writes."""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from packager.errors import InvalidImage
from packager.files import incoming_file
from packager.oci.gzip_stream import GzipStream, Sink
from packager.oci.layout import MARKER, MARKER_TEXT, ImageLayout
from packager.oci.manifest import (
    INDEX_TYPES,
    OCI_CONFIG,
    OCI_LAYER,
    OCI_MANIFEST,
    REFERENCE,
    Descriptor,
    Index,
    Manifest,
    canonical,
)

_DOCKER_INDEX = "manifest.json"
_OCI_INDEX = "index.json"
_CHUNK = 1 << 20
_WAY_OUT = "Make room there, or write the archive somewhere else."
# An engine is shown the image for this processor when an archive has several; it has no word for more than one.
_SHOWN = "amd64"


def write_archive(layout: ImageLayout, descriptor: Descriptor, reference: str, file: Path) -> None:
    """Write an image or an index of images as one tar, whole or not at all; the same bytes for the same image.

    `reference` ("name:tag") is what it is called by whoever loads it. Raises DamagedBlob, and
    CacheUnavailable when the archive cannot be written.
    """
    with incoming_file(file.parent, _WAY_OUT) as incoming:
        stream_archive(layout, descriptor, reference, incoming)
        incoming.keep_as(file)


def stream_archive(
    layout: ImageLayout, descriptor: Descriptor, reference: str, sink: Sink, leave_out: Sequence[str] = ()
) -> None:
    """Write the tar to a sink, without the blobs of the digests in `leave_out` (which an engine has already)."""
    named = Index(manifests=[_named(descriptor, reference)])
    blobs = sorted(layout.blobs_of(descriptor), key=lambda each: each.digest)
    # A stream that is only written needs nothing but write().
    with tarfile.open(fileobj=cast(IO[bytes], sink), mode="w|", bufsize=_CHUNK, format=tarfile.PAX_FORMAT) as tar:
        _add_bytes(tar, MARKER, MARKER_TEXT)
        _add_bytes(tar, _OCI_INDEX, named.to_bytes())
        _add_bytes(tar, _DOCKER_INDEX, _docker_index(layout, descriptor, reference))
        for each in blobs:
            if each.digest not in leave_out:
                _add_blob(tar, layout, each)


def read_archive(file: Path, into: ImageLayout, reference: str = "") -> Descriptor:
    """Take the image called `reference`, or the only one, out of a tar of either form; its blobs are verified.

    Raises InvalidImage for what is no archive of images, for a damaged one, and when no or several images fit.
    """
    try:
        with tarfile.open(file) as tar:
            archive = _Archive(tar=tar, file=file)
            if MARKER in archive.names:
                return archive.take_oci(into, reference)
            return archive.take_docker(into, reference)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise InvalidImage(f"{file} cannot be read as an archive of images: {error}.") from error


def _named(descriptor: Descriptor, reference: str) -> Descriptor:
    return Descriptor(
        media_type=descriptor.media_type,
        digest=descriptor.digest,
        size=descriptor.size,
        annotations={REFERENCE: reference},
    )


def _docker_index(layout: ImageLayout, descriptor: Descriptor, reference: str) -> bytes:
    shown = descriptor
    if descriptor.media_type in INDEX_TYPES:
        several = [each for each in layout.nested(descriptor).manifests if each.platform is not None]
        shown = next((each for each in several if each.platform and each.platform.architecture == _SHOWN), several[0])
    manifest = layout.manifest(shown)
    entry = {
        "Config": _blob_name(manifest.config.digest),
        "RepoTags": [reference],
        "Layers": [_blob_name(each.digest) for each in manifest.layers],
    }
    return b"[" + canonical(entry) + b"]"


def _blob_name(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size
    entry.mode = 0o644
    return entry


def _add_bytes(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    tar.addfile(_entry(name, len(data)), io.BytesIO(data))


def _add_blob(tar: tarfile.TarFile, layout: ImageLayout, blob: Descriptor) -> None:
    """As tar.addfile(), but verified on the way."""
    entry = _entry(_blob_name(blob.digest), blob.size)
    tar.addfile(entry)
    stream = tar.fileobj
    if stream is None:
        raise InvalidImage("The archive was closed while it was written.")
    layout.copy(blob, stream.write)
    padding = -blob.size % tarfile.BLOCKSIZE
    stream.write(b"\0" * padding)
    tar.offset += blob.size + padding


@dataclass(frozen=True, slots=True, kw_only=True)
class _Archive:
    """A tar of images that is open."""

    tar: tarfile.TarFile
    file: Path

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name.removeprefix("./") for name in self.tar.getnames())

    def take_oci(self, into: ImageLayout, reference: str) -> Descriptor:
        manifests = Index.parse(self._read(_OCI_INDEX), f"{_OCI_INDEX} in {self.file}").manifests
        found = [each for each in manifests if each.annotations.get(REFERENCE) == reference] if reference else manifests
        names = [each.annotations.get(REFERENCE, each.digest) for each in manifests]
        return self._take(into, self._only(found, names, reference))

    def take_docker(self, into: ImageLayout, reference: str) -> Descriptor:
        """Layers of `docker save` are not compressed, and there is no manifest: both are made here."""
        entries = json.loads(self._read(_DOCKER_INDEX))
        found = [each for each in entries if reference in (each.get("RepoTags") or ())] if reference else entries
        names = [name for each in entries for name in each.get("RepoTags") or ["(no name)"]]
        chosen = self._only(found, names, reference)
        config_bytes = self._read(chosen["Config"])
        config = into.add_bytes(config_bytes, OCI_CONFIG)
        wanted = json.loads(config_bytes)["rootfs"]["diff_ids"]
        layers = [self._take_layer(into, name, diff_id) for name, diff_id in zip(chosen["Layers"], wanted, strict=True)]
        return into.add_bytes(Manifest(config=config, layers=layers).to_bytes(), OCI_MANIFEST)

    def _take(self, into: ImageLayout, descriptor: Descriptor) -> Descriptor:
        self._take_blob(into, descriptor)
        if descriptor.media_type in INDEX_TYPES:
            for each in into.nested(descriptor).manifests:
                self._take(into, each)
        else:
            manifest = into.manifest(descriptor)
            for each in (manifest.config, *manifest.layers):
                self._take_blob(into, each)
        return descriptor

    def _take_blob(self, into: ImageLayout, descriptor: Descriptor) -> None:
        if not into.has(descriptor):
            into.add_stream(self._chunks(_blob_name(descriptor.digest)), descriptor)

    def _take_layer(self, into: ImageLayout, name: str, diff_id: str) -> Descriptor:
        hashed = hashlib.sha256()
        with into.incoming() as (file, writer):
            with GzipStream(writer) as packed:
                for chunk in self._chunks(name):
                    hashed.update(chunk)
                    packed.write(chunk)
            if f"sha256:{hashed.hexdigest()}" != diff_id:
                raise InvalidImage(f"The layer {name} in {self.file} is not the {diff_id} that its image names.")
            return into.keep(file, writer, OCI_LAYER)

    def _only(self, found: Sequence[Any], names: Sequence[str], reference: str) -> Any:
        if len(found) == 1:
            return found[0]
        wanted = f"no image called {reference!r}" if reference else f"{len(found)} images, and none was named"
        raise InvalidImage(f"{self.file} has {wanted}; it holds: {', '.join(names) or 'none'}.")

    def _read(self, name: str) -> bytes:
        return b"".join(self._chunks(name))

    def _chunks(self, name: str) -> Iterator[bytes]:
        for spelled in (name, f"./{name}"):
            if spelled in self.tar.getnames():
                stream = self.tar.extractfile(spelled)
                if stream is not None:
                    while chunk := stream.read(_CHUNK):
                        yield chunk
                    return
        raise InvalidImage(f"{self.file} has no file {name!r}, so it is no archive of images or not a whole one.")
