"""Where an image is named in an engine, and where a publisher puts it."""

from datetime import UTC, datetime

from packager.errors import InvalidPackageRequest
from packager.oci.reference import ImageReference, is_registry, split_tag

DEFAULT_NAME = "package"


def local_reference(name: str | None, now: datetime | None = None) -> ImageReference:
    """The reference in the engine: the tag is the time of day in UTC (yyyymmddHHMMSS) unless `name` has one."""
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%d%H%M%S")
    repository, tag = split_tag(name or DEFAULT_NAME)
    return ImageReference(repository=repository, tag=tag or stamp)


def published_reference(publish_to: str, local: ImageReference) -> ImageReference:
    """Where `publish_to` ("registry", "registry/repository" or "registry/repository:tag") sends a local image."""
    registry, _, path = publish_to.rstrip("/").partition("/")
    if not is_registry(registry):
        raise InvalidPackageRequest(
            f"publish_to {publish_to!r} names no registry; write 'localhost:5000' or "
            "'registry.example.com/team/diabetes'."
        )
    repository, tag = split_tag(path or local.repository)
    return ImageReference(repository=f"{registry}/{repository}", tag=tag or local.tag)


__all__ = ["DEFAULT_NAME", "ImageReference", "local_reference", "published_reference"]
