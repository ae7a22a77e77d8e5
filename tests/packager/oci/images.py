"""Small images in layouts for the tests of packager.oci and of the builders."""

import hashlib
import io
import os
import tarfile

from packager.oci.gzip_stream import GzipStream
from packager.oci.layout import ImageLayout
from packager.oci.manifest import (
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER,
    OCI_MANIFEST,
    Descriptor,
    ImageConfig,
    Index,
    Manifest,
    Platform,
)

AMD64 = Platform(architecture="amd64")
ARM64 = Platform(architecture="arm64")


def tar_of(files: dict[str, bytes | str]) -> bytes:
    """A tar of files (bytes) and links (str)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            if isinstance(content, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, content
                tar.addfile(entry)
            else:
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def packed(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with GzipStream(buffer) as stream:
        stream.write(data)
    return buffer.getvalue()


def add_image(
    layout: ImageLayout,
    *layers: dict[str, bytes | str],
    platform: Platform = AMD64,
    **settings: object,
) -> Descriptor:
    """An image of these layers."""
    tars = [tar_of(files) for files in layers]
    config = ImageConfig(
        platform=platform,
        settings=settings,
        diff_ids=[f"sha256:{hashlib.sha256(each).hexdigest()}" for each in tars],
    )
    made = Manifest(
        config=layout.add_bytes(config.to_bytes(), OCI_CONFIG),
        layers=[layout.add_bytes(packed(each), OCI_LAYER) for each in tars],
    )
    return layout.add_bytes(made.to_bytes(), OCI_MANIFEST)


def add_index(layout: ImageLayout, **images: Descriptor) -> Descriptor:
    """An index of images by architecture."""
    manifests = [
        Descriptor(
            media_type=each.media_type,
            digest=each.digest,
            size=each.size,
            platform=Platform(architecture=architecture),
        )
        for architecture, each in images.items()
    ]
    return layout.add_bytes(Index(manifests=manifests).to_bytes(), OCI_INDEX)


def damage(layout: ImageLayout, descriptor: Descriptor) -> None:
    """Change one byte of a blob and leave its size."""
    path = layout.path(descriptor.digest)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def rot(layout: ImageLayout, descriptor: Descriptor) -> None:
    """Change a byte of a blob as a disk does: its size and times stay."""
    path = layout.path(descriptor.digest)
    status = path.stat()
    damage(layout, descriptor)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
