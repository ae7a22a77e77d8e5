"""Environments as folders in the retired SDK's form: `azureml_environment.json` and the packages in it."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from packager.conda_dependencies import CondaDependencies
from packager.environment_sections import ContainerRegistry, DockerPlatform, DockerSection, PythonSection
from packager.errors import InvalidEnvironment

FILE = "azureml_environment.json"


class EnvironmentFields(Protocol):
    """What is kept of an environment."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str | None: ...
    @property
    def python_version(self) -> str: ...
    @property
    def environment_variables(self) -> Mapping[str, str]: ...
    @property
    def python(self) -> PythonSection: ...
    @property
    def docker(self) -> DockerSection: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentContent:
    """An environment that was read."""

    name: str
    version: str | None = None
    python_version: str | None = None
    environment_variables: Mapping[str, str] = field(default_factory=dict)
    python: PythonSection = field(default_factory=PythonSection)
    docker: DockerSection = field(default_factory=DockerSection)


def environment_to_folder(environment: EnvironmentFields, folder: Path, *, overwrite: bool = False) -> None:
    """Write the environment; InvalidEnvironment if one is there and `overwrite` is not set. No password is written."""
    target = folder.expanduser() / FILE
    if target.exists() and not overwrite:
        raise InvalidEnvironment(f"{target} is there already; choose another folder, or overwrite=True.")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(_document(environment), indent=4) + "\n", encoding="utf-8")


def environment_from_folder(folder: Path) -> EnvironmentContent:
    """What is in a folder; raises InvalidEnvironment for one that cannot be read."""
    file = folder.expanduser() / FILE
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        return EnvironmentContent(
            name=document["name"],
            version=document.get("version"),
            python_version=document.get("pythonVersion"),
            environment_variables=document.get("environmentVariables") or {},
            python=_python(document.get("python") or {}),
            docker=_docker(document.get("docker") or {}),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidEnvironment(
            f"{file} is no environment that save_to_directory() wrote: {type(error).__name__}: {error}."
        ) from error


def _document(environment: EnvironmentFields) -> dict[str, object]:
    python, docker = environment.python, environment.docker
    registry = docker.base_image_registry
    return {
        "name": environment.name,
        "version": environment.version,
        "pythonVersion": environment.python_version,
        "environmentVariables": dict(environment.environment_variables),
        "python": {
            "interpreterPath": python.interpreter_path,
            "userManagedDependencies": python.user_managed_dependencies,
            "condaDependencies": python.conda_dependencies.as_dict(),
        },
        "docker": {
            "baseImage": docker.base_image,
            "baseDockerfile": docker.base_dockerfile,
            "baseImageRegistry": {"address": registry.address, "username": registry.username},
            "platform": {"os": docker.platform.os, "architecture": docker.platform.architecture},
            "sharedVolumes": docker.shared_volumes,
            "shmSize": docker.shm_size,
            "arguments": list(docker.arguments),
        },
    }


def _python(section: Mapping[str, Any]) -> PythonSection:
    return PythonSection(
        interpreter_path=section.get("interpreterPath") or "python",
        user_managed_dependencies=bool(section.get("userManagedDependencies")),
        conda_dependencies=_conda(section.get("condaDependencies") or {}),
    )


def _conda(document: Mapping[str, Any]) -> CondaDependencies:
    """Read as the conda file that it is."""
    if not document:
        return CondaDependencies()
    with tempfile.TemporaryDirectory(prefix="packager-") as folder:
        file = Path(folder) / "conda_dependencies.yml"
        file.write_text(json.dumps(document), encoding="utf-8")
        return CondaDependencies(file)


def _docker(section: Mapping[str, Any]) -> DockerSection:
    registry, platform = section.get("baseImageRegistry") or {}, section.get("platform") or {}
    made = DockerSection(
        base_image_registry=ContainerRegistry(registry.get("address"), registry.get("username")),
        platform=DockerPlatform(platform.get("os") or "Linux", platform.get("architecture") or "amd64"),
        shared_volumes=section.get("sharedVolumes") is not False,
        shm_size=section.get("shmSize") or "2g",
        arguments=list(section.get("arguments") or []),
    )
    if section.get("baseDockerfile"):
        made.base_dockerfile = section["baseDockerfile"]
    else:
        made.base_image = section.get("baseImage")
    return made
