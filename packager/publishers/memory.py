"""A publisher that remembers what it was given; for tests and dry runs."""

from packager.builders.contract import BuiltImage, Log
from packager.image_reference import ImageReference


class MemoryPublisher:
    """Pushes nothing; the image's own id stands for the registry's digest."""

    def __init__(self) -> None:
        self.published: list[tuple[BuiltImage, ImageReference]] = []

    def publish(self, image: BuiltImage, to: ImageReference, log: Log) -> str:
        log(f"Remembering {to}")
        self.published.append((image, to))
        return f"{to.repository}@{image.id}"
