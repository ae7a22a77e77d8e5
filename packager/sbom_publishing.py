"""Make the bill of materials of an image, and attach it to the image in its registry."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from packager.builders.base import split_place
from packager.builders.cache import BuildCache
from packager.errors import InvalidPackageRequest
from packager.oci.archive import read_archive
from packager.oci.connecting import RegistryAccess
from packager.oci.layout import ImageLayout
from packager.oci.manifest import INDEX_TYPES, Descriptor
from packager.oci.reference import ImageReference
from packager.oci.referrers import Attachment, attach
from packager.oci.registry import Repository
from packager.oci.transfer import pull
from packager.sbom import MEDIA_TYPE, image_sbom


def attach_sboms(
    layout: ImageLayout, image: Descriptor, repository: Repository, wheels: Mapping[str, str] | None = None
) -> list[Descriptor]:
    """Make the SBOM of an image, or of each image of an index, and attach it to the image in the registry.

    The image must have been pushed. Raises InvalidImage, and ImageRegistryError's children.
    """
    attached = []
    for each in images_of(layout, image):
        document = image_sbom(layout, each, wheels or {})
        made = Attachment(artifact_type=MEDIA_TYPE, media_type=MEDIA_TYPE, data=document)
        attached.append(attach(repository, each, made))
    return attached


def image_sboms(
    image: str, *, attach: bool = False, access: RegistryAccess | None = None, cache: BuildCache | None = None
) -> Mapping[str, bytes]:
    """Platform -> SBOM of an image, which is fetched whole; with `attach` each is attached to it in its registry.

    `image` is a name in a registry, or one of `oci:FOLDER` and `archive:FILE` with `:NAME` behind when it holds
    several. Raises InvalidPackageRequest for what can have nothing attached, InvalidImage, ImageRegistryError's
    children.
    """
    kind, _, rest = image.partition(":")
    if kind == "docker" or (attach and kind in {"oci", "archive"}):
        raise InvalidPackageRequest(
            f"{image!r} is in no registry; write an image to an archive first ('docker save', then 'archive:FILE') to "
            "get its SBOM, and publish it to have that attached."
        )
    kept = cache or BuildCache.open()
    with kept.in_use():
        layout, top = _brought(kind, rest, image, kept.layout, access)
        wheels = wheels_at_hand(kept.folder)
        if attach:
            attach_sboms(layout, top, Repository(ImageReference.parse(image), access), wheels)
        return {
            str(layout.config(layout.manifest(each)).platform): image_sbom(layout, each, wheels)
            for each in images_of(layout, top)
        }


def _brought(
    kind: str, rest: str, image: str, kept: ImageLayout, access: RegistryAccess | None
) -> tuple[ImageLayout, Descriptor]:
    """The layout that an image is in, or was brought into."""
    match kind:
        case "oci":
            folder, name = split_place(rest)
            layout = ImageLayout.open(folder)
            return layout, layout.find(name)
        case "archive":
            file, name = split_place(rest)
            return kept, read_archive(file, kept, name)
    reference = ImageReference.parse(image)
    return kept, pull(Repository(reference, access), reference.wanted, kept)


def images_of(layout: ImageLayout, image: Descriptor) -> Iterator[Descriptor]:
    """The manifests of an index, or the manifest itself."""
    if image.media_type not in INDEX_TYPES:
        yield image
        return
    for each in layout.nested(image).manifests:
        yield from images_of(layout, each)


def wheels_at_hand(cache: Path) -> Mapping[str, str]:
    """File name -> SHA-256 of the wheels in a build cache, to tell which one of a lock's was installed."""
    return {file.name: file.parent.name for file in sorted((cache / "wheels").glob("*/*.whl"))}
