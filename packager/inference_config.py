"""InferenceConfig: the entry script, the folder it lives in and the environment it needs."""

import keyword
import os
from pathlib import Path
from typing import Never

from packager.entry_script import check_entry_script
from packager.environment import Environment
from packager.environment_sections import ContainerRegistry
from packager.errors import InvalidPackageRequest
from packager.inference_config_legacy import LegacyArguments
from packager.staging.copying import IgnoreRules

RESERVED_MODULES = ("function_host", "triggers")


class InferenceConfig:
    """How a model answers: which script, with which files beside it, in which environment."""

    def __init__(  # noqa: PLR0913, PLR0917 - the retired signature
        self,
        entry_script: str | Path,
        runtime: str | None = None,
        conda_file: str | Path | None = None,
        extra_docker_file_steps: str | Path | None = None,
        source_directory: str | Path | None = None,
        enable_gpu: bool | None = None,
        description: str | None = None,
        base_image: str | None = None,
        base_image_registry: ContainerRegistry | None = None,
        cuda_version: str | None = None,
        environment: Environment | None = None,
    ) -> None:
        """Checks the script at once, without running it.

        `entry_script` is a path relative to `source_directory`; without one, a path as usual, and the script's
        folder is the source directory. All of the source directory goes into the package. Raises
        InvalidPackageRequest for a path that cannot be used and InvalidEntryScript for a script that does not
        parse or lacks init() or run().

        `environment` says what the script needs. The older arguments still do, with a DeprecationWarning: `runtime`
        ("python" or "spark-py") with `conda_file`, `base_image` and its registry, `extra_docker_file_steps` (a file
        with lines of a Dockerfile). `enable_gpu` and `cuda_version` need a `base_image`, which has CUDA or not.
        """
        script = _script_path(entry_script, source_directory)
        root = Path(source_directory).expanduser().resolve() if source_directory is not None else script.parent
        if not script.is_relative_to(root):
            raise InvalidPackageRequest(
                f"entry_script {str(entry_script)!r} lies outside of source_directory {root}; "
                "only what is below it goes into the package."
            )
        self.source_directory = root
        self.entry_script = script.relative_to(root).as_posix()
        self.description = description
        old = LegacyArguments(
            runtime=runtime,
            conda_file=self._below(conda_file),
            extra_docker_file_steps=self._below(extra_docker_file_steps),
            enable_gpu=enable_gpu,
            base_image=base_image,
            base_image_registry=base_image_registry,
            cuda_version=cuda_version,
        )
        self.environment = old.environment() if environment is None else old.without(environment)
        self.docker_steps = old.docker_steps()
        """Lines of a Dockerfile that come right after the base image."""
        self.validate_configuration()

    @property
    def script(self) -> Path:
        """The entry script's absolute path."""
        return self.source_directory / self.entry_script

    def _below(self, file: str | Path | None) -> Path | None:
        """The retired arguments name files relative to the source directory, or as usual."""
        if file is None:
            return None
        path = self.source_directory / Path(file).expanduser()
        return path if path.is_file() else Path(file).expanduser().absolute()

    def validation_script_content(self) -> None:
        """Checks that the script parses and has init() and run(); raises InvalidEntryScript."""
        check_entry_script(self.script)

    def build_create_payload(self, workspace: object, name: str, model_ids: object) -> Never:
        """Refused: there is no service to send it to."""
        raise _no_payload("build_create_payload")

    def build_profile_payload(self, profile_name: str, **arguments: object) -> Never:
        """Refused: there is no service to send it to."""
        raise _no_payload("build_profile_payload")

    def validate_configuration(self) -> None:
        """Checks names and script again; raises as the constructor does."""
        _check_file_name(self.script)
        _check_reserved_names(self.source_directory, {self.source_directory, self.script.parent})
        check_entry_script(self.script)

    def __repr__(self) -> str:
        return f"InferenceConfig(entry_script={self.entry_script!r}, source_directory={str(self.source_directory)!r})"


def _no_payload(call: str) -> InvalidPackageRequest:
    return InvalidPackageRequest(
        f"InferenceConfig.{call}() is not possible: images are made here, by package(), and not by a service that "
        "takes a payload."
    )


def _script_path(entry_script: str | Path, source_directory: str | Path | None) -> Path:
    if not entry_script:
        raise InvalidPackageRequest("entry_script is empty; name the Python file with init() and run().")
    if not isinstance(entry_script, str | os.PathLike):
        raise InvalidPackageRequest(
            f"entry_script {entry_script!r} is not a path; name the Python file with init() and run()."
        )
    base = Path.cwd()
    if source_directory is not None:
        base = Path(source_directory).expanduser().resolve()
        if not base.is_dir():
            raise InvalidPackageRequest(f"source_directory {str(source_directory)!r} is not a folder.")
    script = (base / Path(entry_script).expanduser()).resolve()
    if not script.is_file():
        raise InvalidPackageRequest(
            f"entry_script {str(entry_script)!r} is not a file in {base}; give a path relative to the source directory."
        )
    return script


def _check_file_name(script: Path) -> None:
    if script.suffix != ".py":
        raise InvalidPackageRequest(f"entry_script {script.name!r} must be a Python file that ends with '.py'.")
    if not script.stem.isidentifier() or keyword.iskeyword(script.stem):
        raise InvalidPackageRequest(
            f"entry_script {script.name!r} cannot be imported: {script.stem!r} is not a valid module name."
        )


def _check_reserved_names(source: Path, folders: set[Path]) -> None:
    rules = IgnoreRules.of(source)
    for folder in sorted(folders):
        for name in RESERVED_MODULES:
            for taken in (folder / name, folder / f"{name}.py"):
                path = taken.relative_to(source).as_posix()
                if taken.exists() and not rules.ignores(path, is_folder=taken.is_dir()):
                    raise InvalidPackageRequest(
                        f"{taken} would hide the module {name!r} that every package brings along; "
                        "rename it, leave it behind (.packagerignore), or choose a source_directory without it."
                    )
