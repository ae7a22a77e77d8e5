"""Whole images between a layout and a registry: only what is missing, several blobs at once."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from packager.errors import InvalidImage
from packager.oci.layout import ImageLayout
from packager.oci.manifest import INDEX_TYPES, OCI_MANIFEST, Descriptor, Platform
from packager.oci.registry import Repository, media_type_of
from packager.oci.uploading import BlobSource, BlobUpload

_T = TypeVar("_T")
_AT_ONCE = 3

Mounts = Callable[[str], str]
"""Digest of a blob -> a repository of the same registry that may have it, or ""."""


def nowhere(_: str) -> str:
    """No repository has it."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushReport:
    """What a push came to."""

    digest: str
    bytes_sent: int
    """Of blobs and manifests; HTTP's own headers are not counted."""
    blobs_sent: int
    blobs_known: int
    """Those that the registry had, in this repository or in the one they were mounted from."""


def push(
    layout: ImageLayout, descriptor: Descriptor, repository: Repository, tag: str = "", *, mounts: Mounts = nowhere
) -> PushReport:
    """Bring an image, or an index of images with all of them, to a registry, under `tag` if given.

    Blobs that are missing are taken from the repository of the same registry that `mounts` names for their digest,
    where it has them. What is sent was verified before. Raises ImageRegistryError's children, InvalidImage, and
    DamagedBlob for a blob that is not what its digest says.
    """
    manifests = _manifests(layout, descriptor)
    blobs = {each.digest: each for manifest in manifests for each in _parts(layout, manifest)}
    upload = BlobUpload(repository)

    def bring(blob: Descriptor) -> int:
        if repository.has_blob(blob.digest):
            return 0
        # Better before it is sent than to have the registry refuse it.
        layout.verify(blob)
        return upload.push(
            BlobSource(descriptor=blob, open=lambda: layout.open_blob(blob)), mount_from=mounts(blob.digest)
        )

    sent = _all(bring, blobs.values())
    manifest_bytes = sum(_push_manifest(layout, each, repository, each.digest) for each in manifests[:-1])
    manifest_bytes += _push_manifest(layout, manifests[-1], repository, tag or descriptor.digest)
    new = sum(1 for each in sent if each)
    return PushReport(
        digest=descriptor.digest,
        bytes_sent=sum(sent) + manifest_bytes,
        blobs_sent=new,
        blobs_known=len(blobs) - new,
    )


def pull(repository: Repository, wanted: str, layout: ImageLayout, platform: Platform | None = None) -> Descriptor:
    """Bring the image of a tag or digest into a layout, verified; an index is reduced to `platform` if given.

    Blobs and, by digest, manifests that the layout has are not fetched. Raises ImageRegistryError's children;
    InvalidImage for what is not what its digest says, and for an image that is not there for `platform`.
    """
    found = _fetched(repository, wanted, layout)
    if found.media_type not in INDEX_TYPES:
        manifest = layout.manifest(found)
        _fetch(repository, [manifest.config], layout)
        if platform is not None:
            # Refused before its layers have come.
            layout.for_platform(found, platform)
        _fetch(repository, manifest.layers, layout)
        return found
    entries = layout.nested(found)
    if platform is not None:
        entry = entries.for_platform(platform, f"The image {repository.name} {wanted}")
        return pull(repository, entry.digest, layout, platform)
    for each in entries.manifests:
        pull(repository, each.digest, layout)
    return found


def described(layout: ImageLayout, digest: str) -> Descriptor:
    """The manifest or index of that digest in a layout, verified; raises InvalidImage."""
    path = layout.path(digest)
    size = path.stat().st_size if path.is_file() else 0
    data = layout.read(Descriptor(media_type=OCI_MANIFEST, digest=digest, size=size))
    return Descriptor(media_type=media_type_of(data, f"The manifest {digest}"), digest=digest, size=size)


def _fetched(repository: Repository, wanted: str, layout: ImageLayout) -> Descriptor:
    if ":" in wanted and layout.path(wanted).is_file():
        with suppress(InvalidImage):
            return described(layout, wanted)
    fetched = repository.manifest(wanted)
    return layout.add_stream([fetched.data], fetched.descriptor)


def _fetch(repository: Repository, blobs: Sequence[Descriptor], layout: ImageLayout) -> None:
    def fetch(blob: Descriptor) -> None:
        if not layout.has(blob):
            layout.add_stream(repository.blob(blob), blob)

    _all(fetch, {each.digest: each for each in blobs}.values())


def _manifests(layout: ImageLayout, descriptor: Descriptor) -> Sequence[Descriptor]:
    """The manifests below an index and then itself: the order in which a registry takes them."""
    if descriptor.media_type not in INDEX_TYPES:
        return [descriptor]
    below = [part for each in layout.nested(descriptor).manifests for part in _manifests(layout, each)]
    return [*below, descriptor]


def _parts(layout: ImageLayout, descriptor: Descriptor) -> Sequence[Descriptor]:
    if descriptor.media_type in INDEX_TYPES:
        return ()
    manifest = layout.manifest(descriptor)
    return (manifest.config, *manifest.layers)


def _push_manifest(layout: ImageLayout, descriptor: Descriptor, repository: Repository, wanted: str) -> int:
    repository.push_manifest(layout.read(descriptor), descriptor.media_type, wanted)
    return descriptor.size


def _all(work: Callable[[Descriptor], _T], blobs: Iterable[Descriptor]) -> list[_T]:
    """Do it for several blobs at once, the biggest first; the first error ends it."""
    ordered = sorted(blobs, key=lambda each: -each.size)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="blobs") as pool:
        futures = [pool.submit(work, each) for each in ordered]
        try:
            return [each.result() for each in futures]
        except BaseException:  # because what has not begun must not, whatever ended it
            for each in futures:
                each.cancel()
            raise
