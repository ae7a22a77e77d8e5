"""What a built image is and what every builder can do."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from packager.image_reference import ImageReference
from packager.staging.context import BuildContext

Log = Callable[[str], None]
"""Takes one line of a build's output, without its line end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltImage:
    """An image that exists somewhere a publisher can find it."""

    reference: ImageReference
    id: str
    """The digest of the image's configuration: `sha256:...`."""
    platform: str
    """`linux/amd64`"""
    size: int
    """Bytes of all layers, unpacked."""


class ImageBuilder(Protocol):
    """Makes an image from a build context."""

    def check(self) -> None:
        """Raises EngineUnavailable when nothing can be built here now."""
        ...

    def lock(self, requirements: Path, *, python_version: str, base_image: str) -> str:
        """The text of requirements.lock for what it builds; raises UnresolvedRequirement or BuildFailed."""
        ...

    def build(self, context: BuildContext, reference: ImageReference, log: Log) -> BuiltImage:
        """Build and name the image; raises BuildFailed with the end of the log."""
        ...
