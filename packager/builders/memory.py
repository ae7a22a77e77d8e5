"""A builder that remembers what it was asked for; for tests and dry runs."""

import hashlib
from pathlib import Path

from packager.builders.contract import BuiltImage, Log
from packager.image_reference import ImageReference
from packager.staging.context import BuildContext


class MemoryBuilder:
    """Builds nothing; the image's id depends on the generated files."""

    def __init__(self) -> None:
        self.built: list[tuple[BuildContext, ImageReference]] = []

    def check(self) -> None:
        """Always ready."""

    def lock(self, requirements: Path, *, python_version: str, base_image: str) -> str:
        """Asks no index: what was wanted, as it was written."""
        return f"# {python_version} {base_image}\n{requirements.read_text(encoding='utf-8')}"

    def build(self, context: BuildContext, reference: ImageReference, log: Log) -> BuiltImage:
        log(f"Remembering {reference}")
        self.built.append((context, reference))
        content = (context.folder / "function_app.py").read_bytes() + context.requirements.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        return BuiltImage(
            reference=reference, id=f"sha256:{digest}", platform="linux/amd64", size=len(content), runs_here=True
        )
