"""CondaDependencies: the packages of an environment, pip's and conda's, as the retired SDK wrote them."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Never

from packager.environment_files import read_conda_file, split_python
from packager.errors import InvalidEnvironment

DEFAULT_FILE = "conda_dependencies.yml"


class CondaDependencies:  # noqa: PLW1641 - it can change, so it has no hash
    """The packages of an environment; those of conda are installed with pip too.

    An empty one asks for nothing: the retired default packages are not needed.
    """

    __slots__ = ("_python_version", "conda_channels", "conda_packages", "pip_options", "pip_packages")

    def __init__(self, conda_dependencies_file_path: str | Path | None = None) -> None:
        """The packages of a conda file, or none; raises InvalidEnvironment naming the offending key or entry."""
        self.conda_channels: list[str] = []
        self.conda_packages: list[str] = []
        self.pip_packages: list[str] = []
        self.pip_options: list[str] = []
        """Lines such as `--extra-index-url https://...`."""
        self._python_version: str | None = None
        if conda_dependencies_file_path is not None:
            parsed = read_conda_file(Path(conda_dependencies_file_path))
            self.conda_channels = list(parsed.channels)
            self.conda_packages = list(parsed.conda_packages)
            self.pip_packages = list(parsed.pip.requirements)
            self.pip_options = list(parsed.pip.options)
            self._python_version = parsed.python_version

    @staticmethod
    def create(
        pip_indexurl: str | None = None,
        pip_packages: Sequence[str] | None = None,
        conda_packages: Sequence[str] | None = None,
        python_version: str | None = None,
        pin_sdk_version: bool = True,
    ) -> "CondaDependencies":
        """The given packages and nothing else; `pin_sdk_version` has no meaning, as nothing of the SDK is added."""
        made = CondaDependencies()
        if pip_indexurl is not None:
            made.set_pip_index_url(pip_indexurl)
        for package in conda_packages or ():
            made.add_conda_package(package)
        for package in pip_packages or ():
            made.add_pip_package(package)
        if python_version is not None:
            made.set_python_version(python_version)
        return made

    @staticmethod
    def merge_requirements(requirements: Iterable[str]) -> list[str]:
        """One requirement for each package, with all the conditions that were set on it, in order."""
        from packaging.requirements import InvalidRequirement, Requirement

        merged: dict[str, Requirement] = {}
        for text in requirements:
            try:
                requirement = Requirement(text)
            except InvalidRequirement as error:
                raise InvalidEnvironment(f"{text!r} is not a requirement such as 'numpy>=1.26'.") from error
            known = merged.setdefault(package_name(text), requirement)
            known.specifier &= requirement.specifier
            known.extras |= requirement.extras
        return [str(each) for each in merged.values()]

    @staticmethod
    def sdk_origin_url() -> Never:
        """Refused: the SDK is not installed from anywhere."""
        raise InvalidEnvironment(
            "CondaDependencies.sdk_origin_url() has no answer: packages of the retired SDK are left out of the image. "
            "For an index of your own call set_pip_index_url() or set_pip_option('--extra-index-url https://...')."
        )

    def set_pip_index_url(self, index_url: str) -> None:
        """Take packages from this index instead of the usual one."""
        self.remove_pip_option("--index-url")
        self.set_pip_option(f"--index-url {index_url}")

    def get_default_number_of_packages(self) -> int:
        """How many packages are there without being asked for: none."""
        return 0

    def get_python_version(self) -> str | None:
        """What was asked for, such as `3.11` or `3.11.4`; None leaves it to the environment."""
        return self._python_version

    def set_python_version(self, version: str | None) -> None:
        """Ask for a Python; patch versions are those of the base image."""
        self._python_version = str(version) if version is not None else None

    def add_channel(self, channel: str) -> None:
        """Kept for the file; packages come from pip's index."""
        if channel not in self.conda_channels:
            self.conda_channels.append(channel)

    def remove_channel(self, channel: str) -> None:
        self.conda_channels = [each for each in self.conda_channels if each != channel]

    def add_conda_package(self, conda_package: str) -> None:
        """Ask for a package in conda's words, instead of another version of it; `python=3.11` sets the version."""
        python, others = split_python([conda_package])
        if python is not None:
            self.set_python_version(python)
        for package in others:
            self.remove_conda_package(package)
            self.conda_packages.append(package)

    def remove_conda_package(self, conda_package: str) -> None:
        self.conda_packages = _without(self.conda_packages, conda_package)

    def add_pip_package(self, pip_package: str) -> None:
        """Ask for a package in pip's words, instead of another version of it.

        A wheel's path or file URL stands for that package, in that version, from that folder.
        """
        wheel = _wheel(pip_package)
        if wheel is not None:
            self.set_pip_option(f"--find-links {wheel.parent}")
            pip_package = wheel_requirement(wheel)
        self.remove_pip_package(pip_package)
        self.pip_packages.append(pip_package)

    def remove_pip_package(self, pip_package: str) -> None:
        self.pip_packages = _without(self.pip_packages, pip_package)

    def set_pip_option(self, pip_option: str) -> None:
        """Add a line for pip such as `--extra-index-url https://...`."""
        if pip_option not in self.pip_options:
            self.pip_options.append(pip_option)

    def remove_pip_option(self, pip_option: str) -> None:
        """Take out every line of that option, whatever its value."""
        name = re.split(r"[\s=]", pip_option)[0]
        self.pip_options = [each for each in self.pip_options if re.split(r"[\s=]", each)[0] != name]

    def set_pip_requirements(self, pip_requirements: Iterable[str]) -> None:
        """These packages instead of all that were asked for in pip's words."""
        self.pip_packages = []
        for requirement in pip_requirements:
            self.add_pip_package(requirement)

    def add_cntk_package(self, core_type: str = "cpu") -> Never:
        """Refused: there is no CNTK for any Python that is still maintained."""
        raise InvalidEnvironment(
            f"add_cntk_package({core_type!r}) cannot be kept: CNTK ended with Python 3.6. Export the model to ONNX and "
            "add the package 'onnxruntime'."
        )

    def add_tensorflow_pip_package(self, core_type: str = "cpu", version: str | None = None) -> None:
        """Ask for tensorflow, which is one package for CPU and GPU."""
        self.add_pip_package(f"tensorflow=={version}" if version else "tensorflow")

    def add_tensorflow_conda_package(self, core_type: str = "cpu", version: str | None = None) -> None:
        """Ask for tensorflow, which is one package for CPU and GPU."""
        self.add_conda_package(f"tensorflow={version}" if version else "tensorflow")

    def save_to_file(self, base_directory: str | Path, conda_file_path: str | Path | None = None) -> str:
        """Write a conda file below a folder that may not be there yet; the path below it."""
        relative = str(conda_file_path or DEFAULT_FILE)
        target = Path(base_directory).expanduser() / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.serialize_to_string(), encoding="utf-8")
        return relative

    def save(self, path: str | Path | None = None) -> str:
        """Write a conda file to `path`, a file or a folder, by default in the working directory; its path."""
        target = Path(path or DEFAULT_FILE).expanduser()
        if target.is_dir():
            target /= DEFAULT_FILE
        self.save_to_file(target.parent, target.name)
        return str(target)

    def serialize_to_string(self) -> str:
        """The conda file's text."""
        import yaml

        return str(yaml.safe_dump(self.as_dict(), sort_keys=False))

    def as_dict(self) -> dict[str, object]:
        """The conda file's content."""
        python = [f"python={self._python_version}"] if self._python_version else []
        pip = [*self.pip_options, *self.pip_packages]
        dependencies = [*python, *self.conda_packages, *(["pip", {"pip": pip}] if pip else [])]
        channels = {"channels": list(self.conda_channels)} if self.conda_channels else {}
        return {"name": "project_environment", **channels, "dependencies": dependencies}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CondaDependencies) and self.as_dict() == other.as_dict()

    def __repr__(self) -> str:
        return f"CondaDependencies({self.as_dict()!r})"


def package_name(package: str) -> str:
    """The name in a requirement of pip or of conda, as it is compared: `scikit-learn`."""
    found = re.match(r"[\w.-]+", package.rpartition("::")[2].strip())
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else package


def wheel_requirement(wheel: Path) -> str:
    """`name==version` of a wheel file; raises InvalidEnvironment for a name that no wheel has."""
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    try:
        name, version, _, _ = parse_wheel_filename(wheel.name)
    except InvalidWheelFilename as error:
        raise InvalidEnvironment(f"{wheel} is not named as a wheel is: 'name-1.0-py3-none-any.whl'.") from error
    return f"{name}=={version}"


def _wheel(package: str) -> Path | None:
    text = package.removeprefix("file://")
    return Path(text).expanduser().absolute() if text.endswith(".whl") and "://" not in text else None


def _without(packages: Iterable[str], unwanted: str) -> list[str]:
    return [each for each in packages if package_name(each) != package_name(unwanted)]
