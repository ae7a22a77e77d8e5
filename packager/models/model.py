"""Model: a registered model with the attributes and calls of the retired SDK."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from packager import config
from packager.errors import InvalidModel, ModelNotFound
from packager.models.contract import ModelDetails, ModelRegistry, ModelVersion
from packager.models.local import LocalModelRegistry

MODELS_FOLDER = "azureml-models"


class Model:
    """One version of a registered model."""

    def __init__(
        self,
        workspace: ModelRegistry | None = None,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - the retired name
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        version: int | None = None,
    ) -> None:
        """Find a model by name (and version, else the newest) or by `id` ("name:version").

        `workspace` is a ModelRegistry; None is the folder of registered models on this machine. With `tags` or
        `properties` the newest version that carries all of them. Raises ModelNotFound.
        """
        registry = workspace if workspace is not None else LocalModelRegistry()
        if id is not None:
            name, version = _split_id(id)
        if name is None:
            raise InvalidModel("Model(...) needs a name= or an id='name:version'.")
        self._become(registry, _find(registry, name, version, tags or {}, properties or {}))

    @classmethod
    def of(cls, registry: ModelRegistry, version: ModelVersion) -> "Model":
        """The Model for a version that a registry handed out."""
        model = cls.__new__(cls)
        model._become(registry, version)  # noqa: SLF001 - a second constructor of this class
        return model

    @staticmethod
    def register(  # noqa: PLR0913 - the retired signature
        workspace: ModelRegistry | None = None,
        model_path: str | Path | None = None,
        model_name: str | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        *,
        model_framework: str | None = None,
        model_framework_version: str | None = None,
    ) -> "Model":
        """Copy a file or folder into the registry as the next version of `model_name` (1, 2, ...).

        Raises InvalidModel when the name or the path cannot be used.
        """
        if model_path is None or model_name is None:
            raise InvalidModel("Model.register(...) needs model_path= and model_name=.")
        registry = workspace if workspace is not None else LocalModelRegistry()
        details = ModelDetails(
            tags=dict(tags or {}),
            properties=dict(properties or {}),
            description=description,
            model_framework=model_framework,
            model_framework_version=model_framework_version,
        )
        return Model.of(registry, registry.register(model_name, Path(model_path), details))

    @staticmethod
    def get_model_path(model_name: str, version: int | None = None, _workspace: ModelRegistry | None = None) -> str:
        """Where the model's file or folder is, for scoring scripts and notebooks alike.

        Looks below `$AML_APP_ROOT/azureml-models`, then for `./<model_name>`, then in the registry. Without a
        version the newest one. Raises ModelNotFound.
        """
        if version is not None and (isinstance(version, bool) or not isinstance(version, int)):
            raise InvalidModel(f"version should be an int, not {version!r}.")
        root = config.app_root()
        if root is not None and (root / MODELS_FOLDER / model_name).is_dir():
            return str(_packaged(root / MODELS_FOLDER / model_name, version))
        beside = Path(model_name)
        if version is None and beside.exists():
            return str(beside.absolute())
        registry = _workspace if _workspace is not None else LocalModelRegistry()
        return str(registry.get(model_name, version).path)

    @staticmethod
    def list(
        workspace: ModelRegistry | None = None,
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        *,
        latest: bool = False,
    ) -> Sequence["Model"]:
        """The registered models, newest version first; `latest` keeps one version of each."""
        registry = workspace if workspace is not None else LocalModelRegistry()
        found = [
            Model.of(registry, version)
            for version in registry.versions(name)
            if _carries(version, tags or {}, properties or {})
        ]
        if not latest:
            return found
        newest: dict[str, Model] = {}
        for model in found:
            newest.setdefault(model.name, model)
        return [*newest.values()]

    def download(self, target_dir: str | Path = ".", exist_ok: bool = False) -> str:
        """Copy the model's file or folder into `target_dir` and return its path there."""
        target = Path(target_dir) / self.path.name
        if target.exists() and not exist_ok:
            raise InvalidModel(f"{target} exists; download with exist_ok=True to replace it.")
        target.parent.mkdir(parents=True, exist_ok=True)
        if self.path.is_dir():
            shutil.copytree(self.path, target, dirs_exist_ok=True)
        else:
            shutil.copyfile(self.path, target)
        return str(target)

    def serialize(self) -> dict[str, object]:
        """The model as JSON values."""
        return {
            "createdTime": self.created_time,
            "description": self.description,
            "framework": self.model_framework,
            "frameworkVersion": self.model_framework_version,
            "id": self.id,
            "name": self.name,
            "path": str(self.path),
            "properties": self.properties,
            "sha256": self.sha256,
            "tags": self.tags,
            "version": self.version,
        }

    def __repr__(self) -> str:
        return f"Model(workspace={self.workspace!r}, name={self.name}, id={self.id}, version={self.version})"

    def _become(self, registry: ModelRegistry, version: ModelVersion) -> None:
        self.workspace = registry
        self.model_version = version
        self.name = version.name
        self.version = version.version
        self.id = version.id
        self.path = version.path
        self.sha256 = version.sha256
        self.created_time = version.created_time
        self.description = version.details.description
        self.tags = dict(version.details.tags)
        self.properties = dict(version.details.properties)
        self.model_framework = version.details.model_framework
        self.model_framework_version = version.details.model_framework_version


def _split_id(identifier: str) -> tuple[str, int]:
    name, _, version = identifier.rpartition(":")
    if not name or not version.isdecimal():
        raise InvalidModel(f"Model id {identifier!r} is not of the form 'name:version'.")
    return name, int(version)


def _find(
    registry: ModelRegistry,
    name: str,
    version: int | None,
    tags: Mapping[str, str],
    properties: Mapping[str, str],
) -> ModelVersion:
    if version is not None or not (tags or properties):
        return registry.get(name, version)
    for candidate in registry.versions(name):
        if _carries(candidate, tags, properties):
            return candidate
    raise ModelNotFound(f"No version of model {name!r} carries tags {tags!r} and properties {properties!r}.")


def _carries(version: ModelVersion, tags: Mapping[str, str], properties: Mapping[str, str]) -> bool:
    details = version.details
    return tags.items() <= details.tags.items() and properties.items() <= details.properties.items()


def _packaged(folder: Path, version: int | None) -> Path:
    known = sorted(int(entry.name) for entry in folder.iterdir() if entry.name.isdecimal())
    wanted = version if version is not None else max(known, default=None)
    inside = [*(folder / str(wanted)).iterdir()] if wanted in known else []
    if len(inside) != 1:
        raise ModelNotFound(
            f"Model {folder.name!r} has no version {wanted} with exactly one file or folder in {folder}."
        )
    return inside[0]
