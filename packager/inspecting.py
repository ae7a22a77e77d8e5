"""What an image says of itself without being run, wherever it is: a registry, a layout, an archive, an engine."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packager.builders.base import split_place
from packager.errors import InvalidImage
from packager.inspecting_engine import inspect_in_engine
from packager.inspecting_report import ImageContract, LayerInfo, PlatformImage
from packager.oci.archive import read_archive
from packager.oci.connecting import RegistryAccess
from packager.oci.layout import ImageLayout
from packager.oci.manifest import INDEX_TYPES, Descriptor, ImageConfig, Index, Manifest
from packager.oci.reference import ImageReference
from packager.oci.referrers import referrers
from packager.oci.registry import Repository
from packager.sbom import MEDIA_TYPE as SBOM
from packager.signing import is_signed

_ATTESTATION = "unknown"
"""What other tools give as the platform of what is no image in an index."""


def inspect_image(image: str, *, access: RegistryAccess | None = None, engine: Any = None) -> ImageContract:
    """The contract of an image, read without running it and, in a registry, without fetching a layer.

    `image` is a name in a registry, `docker:NAME` in a Docker Engine (`engine` is a client of one), `oci:FOLDER` or
    `archive:FILE`, with `:NAME` behind when it holds several. Raises InvalidImage, InvalidPackageRequest for what is
    no name, EngineUnavailable, and ImageRegistryError's children.
    """
    kind, _, rest = image.partition(":")
    match kind:
        case "docker":
            return inspect_in_engine(rest, engine)
        case "oci":
            folder, name = split_place(rest)
            layout = ImageLayout.open(folder)
            return _in_layout(image, layout, layout.find(name))
        case "archive":
            return _in_archive(image, rest)
    return _in_registry(ImageReference.parse(image), access)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the parts of an image are read from."""

    manifest: Callable[[Descriptor], bytes]
    blob: Callable[[Descriptor], bytes]
    has_sbom: Callable[[str], bool | None]


def _in_layout(name: str, layout: ImageLayout, top: Descriptor) -> ImageContract:
    return _contract(name, top, _Place(manifest=layout.read, blob=layout.read, has_sbom=lambda _: None), signed=None)


def _in_archive(name: str, place: str) -> ImageContract:
    file, wanted = split_place(place)
    if not file.is_file():
        raise InvalidImage(f"There is no archive of images at {file}.")
    with tempfile.TemporaryDirectory(prefix="packager-inspect-") as folder:
        layout = ImageLayout.create(Path(folder))
        return _in_layout(name, layout, read_archive(file, layout, wanted))


def _in_registry(reference: ImageReference, access: RegistryAccess | None) -> ImageContract:
    repository = Repository(reference, access)
    top = repository.manifest(reference.wanted).descriptor
    place = _Place(
        manifest=lambda each: repository.manifest(each.digest).data,
        blob=repository.whole_blob,
        has_sbom=lambda digest: any(each.artifact_type == SBOM for each in referrers(repository, digest)),
    )
    return _contract(str(reference), top, place, signed=is_signed(repository, top.digest))


def _contract(name: str, top: Descriptor, place: _Place, *, signed: bool | None) -> ImageContract:
    images, configs = [], []
    for each in _manifests(top, place):
        manifest = Manifest.parse(place.manifest(each), f"The manifest {each.digest} of {name}")
        config = ImageConfig.parse(place.blob(manifest.config), f"The configuration of {name}")
        configs.append(config)
        images.append(
            PlatformImage(
                platform=str(config.platform),
                digest=each.digest,
                layers=_layers(manifest.layers, config.history),
                sbom=place.has_sbom(each.digest),
            )
        )
    if not configs:
        raise InvalidImage(f"{name} is an index without any image in it.")
    settings = configs[0].settings
    return ImageContract(
        reference=name,
        digest=top.digest,
        labels=configs[0].labels,
        images=tuple(images),
        command=[*(settings.get("Entrypoint") or ()), *(settings.get("Cmd") or ())],
        user=str(settings.get("User") or ""),
        created=configs[0].created,
        signed=signed,
    )


def _manifests(top: Descriptor, place: _Place) -> Sequence[Descriptor]:
    if top.media_type not in INDEX_TYPES:
        return [top]
    entries = Index.parse(place.manifest(top), f"The index {top.digest}").manifests
    return [each for each in entries if each.platform is None or each.platform.architecture != _ATTESTATION]


def _layers(layers: Sequence[Descriptor], history: Sequence[Mapping[str, Any]]) -> Sequence[LayerInfo]:
    """Each layer with the step of the history that made it, where the two fit together."""
    steps = [step for step in history if not step.get("empty_layer")]
    made_by = [str(step.get("created_by", "")) for step in steps] if len(steps) == len(layers) else [""] * len(layers)
    return tuple(
        LayerInfo(digest=each.digest, size=each.size, made_by=text) for each, text in zip(layers, made_by, strict=True)
    )
