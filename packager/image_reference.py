"""Names of images: `repository:tag`, and where a publisher puts them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from packager.errors import InvalidPackageRequest

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d+)?/)?"
_REPOSITORY = re.compile(rf"{_HOST}{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
DEFAULT_NAME = "package"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    """A repository, which may start with a registry, and a tag."""

    repository: str
    tag: str

    def __post_init__(self) -> None:
        if not _REPOSITORY.fullmatch(self.repository) or not _TAG.fullmatch(self.tag):
            raise InvalidPackageRequest(
                f"{str(self)!r} is not an image name; write lower-case letters, digits, '-', '_', '.' and '/', "
                "and a tag after ':' if you want one: 'team/diabetes:1'."
            )

    def __str__(self) -> str:
        return f"{self.repository}:{self.tag}"


def local_reference(name: str | None, now: datetime | None = None) -> ImageReference:
    """The reference in the engine: the tag is the time of day in UTC (yyyymmddHHMMSS) unless `name` has one."""
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%d%H%M%S")
    repository, tag = _split_tag(name or DEFAULT_NAME)
    return ImageReference(repository=repository, tag=tag or stamp)


def published_reference(publish_to: str, local: ImageReference) -> ImageReference:
    """Where `publish_to` ("registry", "registry/repository" or "registry/repository:tag") sends a local image."""
    registry, _, path = publish_to.rstrip("/").partition("/")
    if registry != "localhost" and not re.search(r"[.:]", registry):
        raise InvalidPackageRequest(
            f"publish_to {publish_to!r} names no registry; write 'localhost:5000' or "
            "'registry.example.com/team/diabetes'."
        )
    repository, tag = _split_tag(path or local.repository)
    return ImageReference(repository=f"{registry}/{repository}", tag=tag or local.tag)


def _split_tag(name: str) -> tuple[str, str]:
    head, separator, last = name.rpartition("/")
    base, _, tag = last.partition(":")
    return f"{head}{separator}{base}", tag
