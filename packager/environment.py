"""Environment: the Python version, packages, variables and base image that a scoring script needs."""

import copy
from dataclasses import dataclass, field
from pathlib import Path

from packager.config import DEFAULT_PYTHON
from packager.environment_files import CondaFile, read_conda_file, read_requirements


@dataclass(slots=True)
class CondaDependencies:
    """The packages of an environment, pip's and conda's; conda packages are installed with pip too."""

    conda_packages: list[str] = field(default_factory=list)
    pip_packages: list[str] = field(default_factory=list)

    @classmethod
    def create(
        cls, *, pip_packages: list[str] | None = None, conda_packages: list[str] | None = None
    ) -> "CondaDependencies":
        return cls(list(conda_packages or []), list(pip_packages or []))

    def add_pip_package(self, pip_package: str) -> None:
        self.pip_packages.append(pip_package)

    def add_conda_package(self, conda_package: str) -> None:
        self.conda_packages.append(conda_package)


@dataclass(slots=True)
class PythonSection:
    """What the environment installs."""

    conda_dependencies: CondaDependencies = field(default_factory=CondaDependencies)


@dataclass(slots=True)
class DockerSection:
    """What the image is made from."""

    base_image: str | None = None
    """None is the packager's default: a slim Python image of the environment's version."""


@dataclass(slots=True)
class Environment:
    """A named set of packages and settings; change its fields before package() is called."""

    name: str
    python_version: str = DEFAULT_PYTHON
    """Major and minor version: `3.11`."""
    environment_variables: dict[str, str] = field(default_factory=dict)
    python: PythonSection = field(default_factory=PythonSection)
    docker: DockerSection = field(default_factory=DockerSection)
    pip_options: list[str] = field(default_factory=list)
    """Lines such as `--extra-index-url https://...` that go to the top of requirements.txt."""

    @classmethod
    def from_pip_requirements(cls, name: str, file_path: str | Path) -> "Environment":
        """An environment with the packages of a requirements file (and of those it includes with -r).

        Raises InvalidEnvironment with file and line for what cannot be put into an image.
        """
        environment = cls(name)
        parsed = read_requirements(Path(file_path))
        environment.python.conda_dependencies.pip_packages = list(parsed.requirements)
        environment.pip_options = list(parsed.options)
        return environment

    @classmethod
    def from_conda_specification(cls, name: str, file_path: str | Path) -> "Environment":
        """An environment with the packages of a conda file, installed with pip.

        Raises InvalidEnvironment naming the packages that exist for conda only.
        """
        parsed: CondaFile = read_conda_file(Path(file_path))
        environment = cls(name, python_version=parsed.python_version or DEFAULT_PYTHON)
        dependencies = environment.python.conda_dependencies
        dependencies.conda_packages = list(parsed.conda_packages)
        dependencies.pip_packages = list(parsed.pip.requirements)
        environment.pip_options = list(parsed.pip.options)
        environment.environment_variables = dict(parsed.variables)
        return environment

    def clone(self, new_name: str) -> "Environment":
        """An independent copy under another name."""
        cloned = copy.deepcopy(self)
        cloned.name = new_name
        return cloned
