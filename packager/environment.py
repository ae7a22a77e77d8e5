"""Environment: the Python version, packages, variables and base image that a scoring script needs."""

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path

from packager.conda_dependencies import CondaDependencies
from packager.config import DEFAULT_PYTHON
from packager.environment_existing import existing_conda_environment
from packager.environment_files import read_conda_file, read_requirements
from packager.environment_json import environment_from_folder, environment_to_folder
from packager.environment_refused import RefusedEnvironmentCalls
from packager.environment_sections import ContainerRegistry, DockerSection, PythonSection
from packager.environment_store import EnvironmentStore, store_of
from packager.errors import InvalidEnvironment

_FIELDS = ("asset_id", "docker", "environment_variables", "inferencing_stack_version", "name", "python", "version")


class Environment(RefusedEnvironmentCalls):  # noqa: PLW1641 - it can change, so it has no hash
    """A named set of packages and settings; change its fields before package() is called."""

    __slots__ = (*_FIELDS, "_python_version")

    def __init__(  # noqa: PLR0913 - the retired fields, by keyword
        self,
        name: str,
        *,
        version: str | None = None,
        python_version: str | None = None,
        environment_variables: Mapping[str, str] | None = None,
        python: PythonSection | None = None,
        docker: DockerSection | None = None,
        pip_options: list[str] | None = None,
        inferencing_stack_version: str | None = None,
    ) -> None:
        self.name = name
        self.version = version
        """Set by register() and get()."""
        self.environment_variables: dict[str, str] = dict(environment_variables or {})
        self.python = python or PythonSection()
        self.docker = docker or DockerSection()
        self.inferencing_stack_version = inferencing_stack_version
        """Without meaning: every package brings the same host."""
        self.asset_id: str | None = None
        self._python_version = python_version
        if pip_options is not None:
            self.pip_options = pip_options

    @property
    def python_version(self) -> str:
        """Major and minor version, `3.11`: the one set here, else that of the conda dependencies, else the default."""
        asked = self._python_version or self.python.conda_dependencies.get_python_version() or DEFAULT_PYTHON
        return ".".join(asked.split(".")[:2])

    @python_version.setter
    def python_version(self, version: str) -> None:
        self._python_version = version

    @property
    def pip_options(self) -> list[str]:
        """Lines such as `--extra-index-url https://...` that go to the top of requirements.txt."""
        return self.python.conda_dependencies.pip_options

    @pip_options.setter
    def pip_options(self, options: list[str]) -> None:
        self.python.conda_dependencies.pip_options = list(options)

    @staticmethod
    def from_pip_requirements(name: str, file_path: str | Path, pip_version: str | None = None) -> "Environment":
        """An environment with the packages of a requirements file (and of those it includes with -r).

        `pip_version` has no meaning: the packages are locked before pip sees them. Raises InvalidEnvironment with
        file and line for what cannot be put into an image.
        """
        environment = Environment(name)
        parsed = read_requirements(Path(file_path))
        environment.python.conda_dependencies.pip_packages = list(parsed.requirements)
        environment.pip_options = list(parsed.options)
        return environment

    @staticmethod
    def from_conda_specification(name: str, file_path: str | Path) -> "Environment":
        """An environment with the packages of a conda file, installed with pip.

        Raises InvalidEnvironment for a file that cannot be read.
        """
        environment = Environment(name, environment_variables=read_conda_file(Path(file_path)).variables)
        environment.python.conda_dependencies = CondaDependencies(file_path)
        return environment

    @staticmethod
    def from_existing_conda_environment(name: str, conda_environment_name: str) -> "Environment":
        """The Python packages of a conda environment on this machine, with their versions.

        Raises InvalidEnvironment when conda or the environment is not there.
        """
        environment = Environment(name)
        environment.python.conda_dependencies = existing_conda_environment(conda_environment_name)
        return environment

    @staticmethod
    def from_docker_image(
        name: str,
        image: str,
        container_registry: ContainerRegistry | None = None,
        conda_specification: str | Path | None = None,
        pip_requirements: str | Path | None = None,
    ) -> "Environment":
        """An image as the base, with further packages or, without a file, with those that it has."""
        environment = _with_packages(name, conda_specification, pip_requirements)
        environment.docker.base_image = image
        if container_registry is not None:
            environment.docker.base_image_registry = container_registry
        return environment

    @staticmethod
    def from_dockerfile(
        name: str,
        dockerfile: str | Path,
        conda_specification: str | Path | None = None,
        pip_requirements: str | Path | None = None,
    ) -> "Environment":
        """A Dockerfile (text or path) as the base, with further packages or, without a file, with those it installs."""
        environment = _with_packages(name, conda_specification, pip_requirements)
        environment.docker.base_dockerfile = str(dockerfile)
        return environment

    def clone(self, new_name: str) -> "Environment":
        """An independent copy under another name, without a version."""
        cloned = copy.deepcopy(self)
        cloned.name, cloned.version = new_name, None
        return cloned

    def save_to_directory(self, path: str | Path, overwrite: bool = False) -> None:
        """Write the environment to a folder, in the retired SDK's form; refuses one that is there already."""
        environment_to_folder(self, Path(path), overwrite=overwrite)

    @staticmethod
    def load_from_directory(path: str | Path) -> "Environment":
        """What save_to_directory() wrote, here or by the retired SDK; raises InvalidEnvironment."""
        return Environment._loaded(Path(path))

    def register(self, workspace: object = None) -> "Environment":
        """Keep the environment as the next version of its name; an unchanged one keeps its version."""
        store = store_of(workspace)
        return Environment._registered(store.add(self.name, lambda folder: environment_to_folder(self, folder)))

    @staticmethod
    def get(workspace: object, name: str, version: str | int | None = None, label: str | None = None) -> "Environment":
        """A registered environment: that version, the one with that label, or the newest."""
        return Environment._registered(store_of(workspace).folder(name, version, label))

    @staticmethod
    def list(workspace: object = None) -> dict[str, "Environment"]:
        """Name -> newest version of every registered environment."""
        store: EnvironmentStore = store_of(workspace)
        return {name: Environment._registered(store.folder(name, None, None)) for name in store.names()}

    @staticmethod
    def label(workspace: object, name: str, version: str | int, labels: Sequence[str]) -> None:
        """Let these labels mean that version from now on."""
        store_of(workspace).label(name, version, labels)

    @staticmethod
    def add_private_pip_wheel(workspace: object, file_path: str | Path, exist_ok: bool = False) -> str:
        """Keep a copy of a wheel; what to hand to CondaDependencies.add_pip_package()."""
        return store_of(workspace).add_wheel(Path(file_path), exist_ok=exist_ok).as_uri()

    @staticmethod
    def _registered(folder: Path) -> "Environment":
        environment = Environment._loaded(folder)
        environment.version = folder.name
        return environment

    @staticmethod
    def _loaded(folder: Path) -> "Environment":
        content = environment_from_folder(folder)
        environment = Environment(content.name, version=content.version, python_version=content.python_version)
        environment.environment_variables = dict(content.environment_variables)
        environment.python, environment.docker = content.python, content.docker
        return environment

    def __eq__(self, other: object) -> bool:
        names = (*_FIELDS, "python_version")
        return isinstance(other, Environment) and all(getattr(self, each) == getattr(other, each) for each in names)

    def __repr__(self) -> str:
        return f"Environment(name={self.name!r}, version={self.version!r}, python_version={self.python_version!r})"


def _with_packages(name: str, conda: str | Path | None, pip: str | Path | None) -> Environment:
    if conda is not None and pip is not None:
        raise InvalidEnvironment(
            f"conda_specification and pip_requirements of environment {name!r} exclude each other; put the pip "
            "packages under 'pip:' in the conda file."
        )
    if conda is not None:
        return Environment.from_conda_specification(name, conda)
    if pip is not None:
        return Environment.from_pip_requirements(name, pip)
    environment = Environment(name)
    environment.python.user_managed_dependencies = True
    return environment
