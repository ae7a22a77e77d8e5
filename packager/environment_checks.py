"""Check an environment before it is packaged, and say what of it has no meaning in a package."""

import logging
import re
from importlib.metadata import distribution

from packager.config import DISTRIBUTION
from packager.environment import Environment
from packager.environment_sections import DockerSection
from packager.errors import InvalidEnvironment

_LOGGER = logging.getLogger(__name__)


def check_environment(environment: Environment) -> None:
    """Raises InvalidEnvironment for what cannot be put into an image."""
    _check_python(environment)
    _check_docker(environment)
    for name, value in environment.environment_variables.items():
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise InvalidEnvironment(f"Environment variable {name!r} is not a valid name.")
        if not isinstance(value, str) or "\n" in value:
            raise InvalidEnvironment(f"Environment variable {name!r} must be one line of text, not {value!r}.")


def _check_python(environment: Environment) -> None:
    from packaging.specifiers import SpecifierSet

    version = environment.python_version
    if not re.fullmatch(r"3\.\d{1,2}", version):
        raise InvalidEnvironment(
            f"python_version {version!r} of environment {environment.name!r} must be a major and minor version such "
            "as '3.11'."
        )
    needed = distribution(DISTRIBUTION).metadata["Requires-Python"]
    if version not in SpecifierSet(needed):
        raise InvalidEnvironment(
            f"Environment {environment.name!r} asks for Python {version}, and the host that every package brings along "
            f"runs on Python {needed}; change 'python=' in the conda file, or set environment.python_version."
        )
    if environment.python.interpreter_path != "python":
        raise InvalidEnvironment(
            f"interpreter_path {environment.python.interpreter_path!r} of environment {environment.name!r} cannot be "
            "used: the image's 'python3' is; let the base image have it first in its PATH."
        )


def _check_docker(environment: Environment) -> None:
    docker = environment.docker
    if docker.build_context is not None:
        Environment.from_docker_build_context(environment.name, docker.build_context)
    if docker.base_dockerfile is not None:
        _check_dockerfile(environment.name, docker.base_dockerfile)
    if docker.base_image_registry.password is not None or docker.base_image_registry.registry_identity is not None:
        _LOGGER.warning(
            "The credentials of base_image_registry %s are not used; log in to it with 'docker login'.",
            docker.base_image_registry.address,
        )
    ignored = [name for name in ("arguments", "gpu_support", "shared_volumes", "shm_size") if _is_set(docker, name)]
    if ignored:
        _LOGGER.warning("docker.%s has no meaning in an image; give it to whatever runs it.", ", docker.".join(ignored))


def _is_set(docker: DockerSection, name: str) -> bool:
    return bool(getattr(docker, name) != getattr(DockerSection(), name))


def _check_dockerfile(name: str, text: str) -> None:
    if not re.search(r"^\s*FROM\s", text, re.IGNORECASE | re.MULTILINE):
        raise InvalidEnvironment(
            f"base_dockerfile of environment {name!r} has no FROM; it must be a Dockerfile's text, or the path of one "
            f"that exists: {text[:60]!r}."
        )
    copied = re.search(r"^\s*(?:COPY|ADD)\s+(?!--from=)(?!https?://).*$", text, re.IGNORECASE | re.MULTILINE)
    if copied is not None:
        raise InvalidEnvironment(
            f"base_dockerfile of environment {name!r} has the line {copied[0].strip()!r}, but the build has no files "
            "beside the package; put them into the source directory, or build that image first and use "
            "from_docker_image()."
        )
