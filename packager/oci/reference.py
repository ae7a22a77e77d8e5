"""Names of images as people write them: `registry/repository:tag@digest`, and Docker's short names."""

import re
from dataclasses import dataclass
from typing import Self

from packager.errors import InvalidPackageRequest

DOCKER_HUB = "docker.io"
"""The registry of names that say none, as in `python:3.11-slim`."""

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d+)?/)?"
_REPOSITORY = re.compile(rf"{_HOST}{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_LATEST = "latest"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    """A repository, which may start with a registry, and a tag, a digest, or both."""

    repository: str
    tag: str = ""
    digest: str = ""

    def __post_init__(self) -> None:
        good = _REPOSITORY.fullmatch(self.repository) and (not self.tag or _TAG.fullmatch(self.tag))
        if not good or (self.digest and not _DIGEST.fullmatch(self.digest)):
            raise InvalidPackageRequest(
                f"{str(self)!r} is not an image name; write lower-case letters, digits, '-', '_', '.' and '/', "
                "and a tag after ':' or a digest after '@' if you want one: 'team/diabetes:1'."
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """The reference that `str()` writes as `text`; raises InvalidPackageRequest."""
        name, at, digest = text.partition("@")
        repository, tag = split_tag(name)
        if (at and not digest) or (not tag and name.endswith(":")):
            raise InvalidPackageRequest(f"{text!r} is not an image name: nothing comes after the '@' or the ':'.")
        return cls(repository=repository, tag=tag, digest=digest)

    def __str__(self) -> str:
        return self.repository + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    @property
    def registry(self) -> str:
        """The host and port that the name starts with, else Docker's hub."""
        first, slash, _ = self.repository.partition("/")
        return first if slash and is_registry(first) else DOCKER_HUB

    @property
    def path(self) -> str:
        """The repository inside the registry: `library/python` of Docker's short name `python`."""
        first, slash, rest = self.repository.partition("/")
        if slash and is_registry(first):
            return rest if first != DOCKER_HUB or "/" in rest else f"library/{rest}"
        return self.repository if slash else f"library/{self.repository}"

    @property
    def wanted(self) -> str:
        """What a registry is asked for: the digest if there is one, else the tag, else `latest`."""
        return self.digest or self.tag or _LATEST

    def at(self, digest: str) -> Self:
        """The same repository at `digest`, whatever the tag was."""
        return type(self)(repository=self.repository, digest=digest)


def is_registry(component: str) -> bool:
    """Is the first part of a name a host, by Docker's rule? `localhost`, or a dot, a port or a capital in it."""
    return component == "localhost" or bool(re.search(r"[.:A-Z]", component))


def split_tag(name: str) -> tuple[str, str]:
    """Repository and tag ("" without one) of a name without a digest; a port is no tag."""
    head, separator, last = name.rpartition("/")
    base, _, tag = last.partition(":")
    return f"{head}{separator}{base}", tag
