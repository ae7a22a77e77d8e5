"""Push an image from its layout straight to a registry; no engine is needed."""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from packager.builders.contract import BuiltImage, Log
from packager.errors import DamagedBlob, ImageRegistryError, InvalidImage, InvalidPackageRequest, PublishFailed
from packager.image_reference import ImageReference
from packager.oci.connecting import RegistryAccess
from packager.oci.layout import ImageLayout
from packager.oci.manifest import INDEX_TYPES, Descriptor
from packager.oci.registry import Repository
from packager.oci.transfer import Mounts, described, push
from packager.publishers.pushed import PushedBlobs
from packager.sbom_publishing import attach_sboms, wheels_at_hand
from packager.signing import sign_image
from packager.signing_keys import load_private_key

_BASE_NAME = "org.opencontainers.image.base.name"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryPublisher:
    """Sends what the registry lacks; credentials are those of `docker login` unless `access` has others.

    With `sbom` the bill of materials of each platform is attached. With `sign_key`, a private key as PEM whose password
    is in $PACKAGER_KEY_PASSWORD, the image is signed.
    """

    access: RegistryAccess = field(default_factory=RegistryAccess)
    pushed: PushedBlobs = field(default_factory=PushedBlobs)
    sbom: bool = False
    sign_key: Path | None = None

    def publish(self, image: BuiltImage, to: ImageReference, log: Log) -> str:
        """Push an image, or an index with the images of all its platforms; the log says how many bytes went."""
        if image.layout is None:
            raise PublishFailed(
                f"{image.reference} is in a Docker Engine and not in a layout, from which {to} could be pushed; "
                "publish it with DockerPublisher, or build it with a builder that leaves a layout."
            )
        if self.sign_key is not None:
            # Better before anything is pushed than after.
            load_private_key(self.sign_key)
        begun = time.monotonic()
        try:
            layout = ImageLayout.open(image.layout)
            descriptor = described(layout, image.digest)
            repository = Repository(to, self.access)
            report = push(layout, descriptor, repository, to.tag, mounts=self._mounts(layout, descriptor, to))
        except DamagedBlob as error:
            # Nobody can use it, and a builder makes again what is not there.
            error.file.unlink(missing_ok=True)
            raise PublishFailed(
                f"{to} could not be published. {error} The blob is removed now; build again, and it is made anew."
            ) from error
        except (ImageRegistryError, InvalidImage) as error:
            raise PublishFailed(f"{to} could not be published. {error}") from error
        self.pushed.remember(to.registry, to.path, (each.digest for each in layout.blobs_of(descriptor)))
        log(
            f"Pushed {to}: {report.bytes_sent:,} bytes in {time.monotonic() - begun:.2f} s; the registry lacked "
            f"{report.blobs_sent} of {report.blobs_sent + report.blobs_known} blobs"
        )
        self._attach(layout, descriptor, to, log)
        return str(to.at(report.digest))

    def _attach(self, layout: ImageLayout, descriptor: Descriptor, to: ImageReference, log: Log) -> None:
        name = str(to.at(descriptor.digest))
        try:
            if self.sbom:
                # Beside the layout of a build cache are its wheels.
                wheels = wheels_at_hand(layout.folder.parent)
                made = attach_sboms(layout, descriptor, Repository(to, self.access), wheels)
                log(f"Attached {len(made)} bill(s) of materials")
            if self.sign_key is not None:
                log(f"Signed {sign_image(name, self.sign_key, access=self.access)}")
        except (ImageRegistryError, InvalidImage) as error:
            raise PublishFailed(f"{name} is published, but not all that belongs to it. {error}") from error

    def _mounts(self, layout: ImageLayout, descriptor: Descriptor, to: ImageReference) -> Mounts:
        """Where layers need not come from here: repositories that were pushed to, and the base's own."""
        base = _mountable(layout, descriptor, to)
        elsewhere = self.pushed.repositories(to.registry)

        def mounts(digest: str) -> str:
            found = elsewhere.get(digest, base)
            return found if found != to.path else base

        return mounts


def _mountable(layout: ImageLayout, descriptor: Descriptor, to: ImageReference) -> str:
    """The repository of the base image if it is in the same registry: its layers need not travel."""
    if descriptor.media_type in INDEX_TYPES:
        entries = layout.nested(descriptor).manifests
        return _mountable(layout, entries[0], to) if entries else ""
    with suppress(InvalidPackageRequest):
        base = ImageReference.parse(layout.manifest(descriptor).annotations.get(_BASE_NAME, ""))
        if base.registry == to.registry and base.path != to.path:
            return base.path
    return ""
