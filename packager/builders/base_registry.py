"""Base images from a registry, by tag or digest."""

from dataclasses import dataclass, field

from packager.errors import RegistryUnreachable
from packager.oci.connecting import RegistryAccess
from packager.oci.layout import ImageLayout
from packager.oci.manifest import Descriptor, Platform
from packager.oci.reference import ImageReference
from packager.oci.registry import Repository
from packager.oci.transfer import pull


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryBase:
    """Pulls what a layout lacks; of an image by digest that is whole in the layout the registry is not asked."""

    access: RegistryAccess = field(default_factory=RegistryAccess)

    def fetch(self, reference: str, platform: Platform, into: ImageLayout) -> Descriptor:
        """The image's manifest for `platform`, its blobs in the layout; raises ImageRegistryError or InvalidImage."""
        image = ImageReference.parse(reference)
        try:
            return pull(Repository(image, self.access), image.wanted, into, platform)
        except RegistryUnreachable as error:
            raise RegistryUnreachable(
                f"{error} Without a registry, base_image may be one of Debian's packages ('debian-packages:bookworm'), "
                "an archive ('archive:FILE'), or what a Docker Engine has ('docker:NAME')."
            ) from error
