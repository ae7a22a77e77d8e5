"""What a built image is and what every builder can do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from packager.builders.sizes import SizeReport
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
    layout: Path | None = None
    """The OCI layout that holds it, of a builder that leaves one."""
    digest: str = ""
    """The digest of its manifest, or of the index of all its platforms, in that layout."""
    runs_here: bool = False
    """Can the Docker Engine run it, under its reference?"""
    sizes: Sequence[SizeReport] = ()
    """What it takes, for each platform, of a builder that counts it."""


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
