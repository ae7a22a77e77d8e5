"""The parts of an Environment: python, docker, and the registry of a base image."""

import logging
from dataclasses import dataclass, field
from pathlib import Path

from packager.conda_dependencies import CondaDependencies

_LOGGER = logging.getLogger(__name__)
_SOURCES = ("base_image", "base_dockerfile", "build_context")


@dataclass(slots=True)
class ContainerRegistry:
    """Where a base image is pulled from; the credentials used are those of `docker login`."""

    address: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    registry_identity: object = None


@dataclass(slots=True)
class DockerPlatform:
    """What an image runs on, in Docker's words."""

    os: str = "Linux"
    architecture: str = "amd64"


@dataclass(slots=True)
class DockerBuildContext:
    """A folder with a Dockerfile; see Environment.from_docker_build_context for what to do instead."""

    location_type: str | None = None
    location: str | None = None
    dockerfile_path: str = "Dockerfile"

    @staticmethod
    def from_local_directory(
        workspace: object, path: str | Path, dockerfile_path: str = "Dockerfile"
    ) -> "DockerBuildContext":
        return DockerBuildContext("localpath", str(path), dockerfile_path)


@dataclass(slots=True)
class PythonSection:
    """What the environment installs."""

    interpreter_path: str = "python"
    user_managed_dependencies: bool = False
    """Does the base image have all the packages? Then only what the host needs is installed beside them."""
    conda_dependencies: CondaDependencies = field(default_factory=CondaDependencies)

    @property
    def conda_dependencies_file(self) -> None:
        """Write-only: the packages of the file are read at once."""
        return None

    @conda_dependencies_file.setter
    def conda_dependencies_file(self, file: str | Path) -> None:
        self.conda_dependencies = CondaDependencies(file)


@dataclass(slots=True)
class DockerSection:
    """What the image is made from; base_image, base_dockerfile and build_context exclude each other."""

    base_image: str | None = None
    """None is the packager's default: a slim Python image of the environment's version."""
    base_dockerfile: str | None = None
    """The text of a Dockerfile, or the path of one; its last stage stands for the base image."""
    build_context: DockerBuildContext | None = None
    base_image_registry: ContainerRegistry = field(default_factory=ContainerRegistry)
    platform: DockerPlatform = field(default_factory=DockerPlatform)
    enabled: bool = False
    """Without meaning: a package is always an image. So are the four below, which are for whoever runs it."""
    shared_volumes: bool = True
    shm_size: str = "2g"
    arguments: list[str] = field(default_factory=list)
    gpu_support: bool = False

    def __setattr__(self, name: str, value: object) -> None:
        """Setting one source of the image clears the others, with a warning."""
        if name == "base_dockerfile" and isinstance(value, str | Path):
            value = _dockerfile_text(value)
        object.__setattr__(self, name, value)
        for other in _SOURCES:
            if name in _SOURCES and value is not None and other != name and getattr(self, other, None) is not None:
                _LOGGER.warning("docker.%s is cleared: docker.%s stands for it.", other, name)
                object.__setattr__(self, other, None)


def _dockerfile_text(given: str | Path) -> str:
    """A path has one line; a Dockerfile that is of use has FROM in it."""
    text = str(given)
    if "\n" not in text and not text.upper().lstrip().startswith("FROM") and Path(text).expanduser().is_file():
        return Path(text).expanduser().read_text(encoding="utf-8")
    return text
