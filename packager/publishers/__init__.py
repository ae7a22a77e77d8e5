"""Publishers: from a built image to a place others can pull it from."""

from typing import Protocol

from packager.builders.contract import BuiltImage, Log
from packager.image_reference import ImageReference


class Publisher(Protocol):
    """Brings a built image to a registry."""

    def publish(self, image: BuiltImage, to: ImageReference, log: Log) -> str:
        """`repository@sha256:...` of the published image; raises PublishFailed with the registry's words."""
        ...


__all__ = ["Publisher"]
