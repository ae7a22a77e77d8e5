"""ContainerImage: images of plain web services whose versions count up, name:1, name:2, as the retired SDK had them."""

import json
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Never

from packager import config
from packager.builders.contract import ImageBuilder
from packager.errors import InvalidPackageRequest, PackagerError
from packager.image_reference import local_reference
from packager.inference_config import InferenceConfig
from packager.models.opening import Registry
from packager.package import package
from packager.proof import Prover
from packager.publishers import Publisher


@dataclass(frozen=True, slots=True)
class ContainerImageConfig:
    """What a container image is made of, in the retired words; InferenceConfig is the documented way."""

    execution_script: str | Path
    runtime: str = "python"
    conda_file: str | Path | None = None
    docker_file: str | Path | None = None
    """A file with lines of a Dockerfile, to be added."""
    schema_file: str | Path | None = None
    """A file that is packaged beside the script."""
    dependencies: Sequence[str | Path] | None = None
    """Files and folders, relative to the working directory, to be packaged beside the script."""
    enable_gpu: bool | None = None
    tags: Mapping[str, str] | None = None
    properties: Mapping[str, str] | None = None
    description: str | None = None
    base_image: str | None = None
    base_image_registry: Any = None
    cuda_version: str | None = None

    def validate_configuration(self) -> None:
        """Raises InvalidPackageRequest for a file that is not there."""
        files = (self.execution_script, self.conda_file, self.docker_file, self.schema_file)
        for file in (*files, *(self.dependencies or ())):
            if file is not None and not Path(file).expanduser().exists():
                raise InvalidPackageRequest(f"The image's file {str(file)!r} is not there (looked from {Path.cwd()}).")

    def inference_config(self, folder: Path) -> InferenceConfig:
        """The same as an InferenceConfig, whose source directory is `folder`, filled with the files."""
        self.validate_configuration()
        script = Path(self.execution_script).expanduser()
        schema = [self.schema_file] if self.schema_file is not None else []
        for file in (script, *(self.dependencies or ()), *schema):
            _copy_below(Path(file).expanduser(), folder)
        return InferenceConfig(
            _below(script),
            runtime=self.runtime,
            conda_file=_absolute(self.conda_file),
            extra_docker_file_steps=_absolute(self.docker_file),
            source_directory=folder,
            enable_gpu=self.enable_gpu,
            description=self.description,
            base_image=self.base_image,
            base_image_registry=self.base_image_registry,
            cuda_version=self.cuda_version,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Details:
    image_location: str | None = None
    creation_state: str = "Running"
    created_time: str = ""
    models: tuple[str, ...] = ()
    description: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)


class ContainerImage:
    """One version of an image."""

    def __init__(
        self,
        workspace: Registry = None,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - the retired name
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        version: int | None = None,
    ) -> None:
        """Find an image by name (and version, else the newest) or `id`; raises InvalidPackageRequest."""
        if id is not None:
            name, _, number = id.partition(":")
            version = int(number) if number.isdecimal() else None
        found = [
            each
            for each in ContainerImage.list(workspace, name, tags=tags, properties=properties)
            if version is None or each.version == int(version)
        ]
        if name is None or not found:
            raise InvalidPackageRequest(
                f"There is no container image {id or name!r} of version {version or 'any'} in {_home()}; make one with "
                "ContainerImage.create()."
            )
        self._become(workspace, found[0].name, found[0].version, found[0]._details)  # noqa: SLF001 - of this class

    @staticmethod
    def image_configuration(  # noqa: PLR0913, PLR0917 - the retired signature
        execution_script: str | Path,
        runtime: str = "python",
        conda_file: str | Path | None = None,
        docker_file: str | Path | None = None,
        schema_file: str | Path | None = None,
        dependencies: Sequence[str | Path] | None = None,
        enable_gpu: bool | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        base_image: str | None = None,
        base_image_registry: object = None,
        cuda_version: str | None = None,
    ) -> ContainerImageConfig:
        """What an image is made of; nothing is read before create()."""
        return ContainerImageConfig(
            execution_script,
            runtime,
            conda_file,
            docker_file,
            schema_file,
            dependencies,
            enable_gpu,
            tags,
            properties,
            description,
            base_image,
            base_image_registry,
            cuda_version,
        )

    @staticmethod
    def create(  # noqa: PLR0913 - the retired signature and what is new by keyword
        workspace: Registry,
        name: str,
        models: Sequence[Any],
        image_config: ContainerImageConfig,
        *,
        publish_to: str | None = None,
        proof: bool | Prover = True,
        builder: ImageBuilder | None = None,
        publisher: Publisher | None = None,
    ) -> "ContainerImage":
        """Build the next version of the image and return when it is made; raises what package() raises."""
        local_reference(name)
        file = _reserved(name)
        version = int(file.stem)
        try:
            with tempfile.TemporaryDirectory(prefix="packager-") as folder:
                made = package(
                    workspace,
                    models,
                    image_config.inference_config(Path(folder)),
                    image_name=f"{name}:{version}",
                    publish_to=publish_to,
                    proof=proof,
                    builder=builder,
                    publisher=publisher,
                )
        except BaseException:  # because a number whose image was never made must be free again, cancelled or not
            file.unlink()
            raise
        details = _Details(
            image_location=made.location,
            creation_state=made.state,
            created_time=datetime.now(UTC).isoformat(),
            models=tuple(str(getattr(model, "id", model)) for model in models),
            description=image_config.description,
            tags=dict(image_config.tags or {}),
            properties=dict(image_config.properties or {}),
        )
        _write(file, details)
        return ContainerImage._of(workspace, name, version, details)

    @staticmethod
    def list(
        workspace: Registry = None,
        image_name: str | None = None,
        model_name: str | None = None,
        model_id: str | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> "list[ContainerImage]":
        """The images that match, by name and then newest first."""
        found = []
        for file in _home().glob(f"{image_name or '*'}/*.json"):
            details = _read(file)
            names = {each.partition(":")[0] for each in details.models}
            if (
                details.creation_state == "Succeeded"
                and (model_name is None or model_name in names)
                and (model_id is None or model_id in details.models)
                and dict(tags or {}).items() <= dict(details.tags).items()
                and dict(properties or {}).items() <= dict(details.properties).items()
            ):
                found.append(ContainerImage._of(workspace, file.parent.name, int(file.stem), details))
        return sorted(found, key=lambda image: (image.name, -image.version))

    def wait_for_creation(self, show_output: bool = False) -> None:
        """Print the state, if asked to; create() has waited already."""
        if show_output:
            sys.stdout.write(f"Image creation operation finished for image {self.id}, {self.creation_state}\n")

    def update_creation_state(self) -> None:
        """The state does not change any more."""

    def add_tags(self, tags: Mapping[str, str]) -> None:
        """Add tags, or give those that are there another value."""
        self._change(replace(self._details, tags={**self.tags, **tags}))

    def remove_tags(self, tags: Sequence[str]) -> None:
        """Remove the tags with these keys."""
        self._change(replace(self._details, tags={key: self.tags[key] for key in self.tags if key not in tags}))

    def update(self, tags: Mapping[str, str]) -> None:
        """Replace all tags."""
        self._change(replace(self._details, tags=dict(tags)))

    def delete(self) -> None:
        """Forget this version; the image itself stays where it is."""
        self._file.unlink(missing_ok=True)

    def run(self, input_data: object) -> Never:
        """Refused: an image is run by a container engine."""
        raise InvalidPackageRequest(
            f"ContainerImage.run() of {self.id} is not possible: an image is run by a container engine. Try the script "
            "with 'packager run' on the staged app, or 'docker run -p 8080:80 "
            f"{self.image_location}' and POST to /score."
        )

    def serialize(self) -> dict[str, Any]:
        """The image as JSON values."""
        return {"id": self.id, "name": self.name, "version": self.version, **_as_json(self._details)}

    def __repr__(self) -> str:
        return f"ContainerImage(name={self.name!r}, id={self.id!r}, image_location={self.image_location!r})"

    @classmethod
    def _of(cls, workspace: Registry, name: str, version: int, details: _Details) -> "ContainerImage":
        image = cls.__new__(cls)
        image._become(workspace, name, version, details)  # noqa: SLF001 - a second constructor of this class
        return image

    def _become(self, workspace: Registry, name: str, version: int, details: _Details) -> None:
        self.workspace = workspace
        self.name, self.version, self.id = name, version, f"{name}:{version}"
        self._details = details
        self._file = _home() / name / f"{version}.json"
        self.image_location, self.creation_state = details.image_location, details.creation_state
        self.created_time, self.description = details.created_time, details.description
        self.tags, self.properties, self.models = dict(details.tags), dict(details.properties), [*details.models]

    def _change(self, details: _Details) -> None:
        _write(self._file, details)
        self._become(self.workspace, self.name, self.version, details)


def _home() -> Path:
    return config.home() / "images"


def _reserved(name: str) -> Path:
    """A file for the next version, made by us alone however many ask at once."""
    folder = _home() / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            number = max((int(file.stem) for file in folder.glob("*.json")), default=0) + 1
            try:
                with (folder / f"{number}.json").open("x", encoding="utf-8") as stream:
                    json.dump(_as_json(_Details()), stream)
                return folder / f"{number}.json"
            except FileExistsError:
                continue
    except OSError as error:
        raise PackagerError(f"Versions of images cannot be kept in {folder}: {error.strerror}.") from error


def _as_json(details: _Details) -> dict[str, Any]:
    return {name: getattr(details, name) for name in _Details.__dataclass_fields__}


def _read(file: Path) -> _Details:
    said = json.loads(file.read_text(encoding="utf-8") or "{}")
    return _Details(**{**said, "models": tuple(said.get("models", ()))})


def _write(file: Path, details: _Details) -> None:
    work = file.with_suffix(".new")
    work.write_text(json.dumps(_as_json(details), indent=2) + "\n", encoding="utf-8")
    work.replace(file)


def _below(file: Path) -> Path:
    """Where a file goes in the package: its place below the working directory, or its name."""
    here = Path.cwd()
    found = file.absolute()
    return found.relative_to(here) if found.is_relative_to(here) else Path(found.name)


def _absolute(file: str | Path | None) -> Path | None:
    return Path(file).expanduser().absolute() if file is not None else None


def _copy_below(file: Path, folder: Path) -> None:
    target = folder / _below(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    if file.is_dir():
        shutil.copytree(file, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(file, target)
