"""Model: a registered model with the attributes and calls of the retired SDK."""

import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from packager import config
from packager.errors import InvalidModel, InvalidPackageRequest, ModelNotFound
from packager.models import describing
from packager.models.contract import Change, ModelDetails, ModelRegistry, ModelVersion
from packager.models.deploying import DeployedCalls
from packager.models.downloading import copy_out
from packager.models.finding import Filter, carries, matching_versions
from packager.models.opening import Registry, open_registry
from packager.models.packaged import MODELS_FOLDER, packaged_path
from packager.models.record import parsed_payload, payload
from packager.models.refused import RefusedCalls
from packager.models.resource_configuration import ResourceConfiguration

__all__ = ["MODELS_FOLDER", "Model"]

_LOGGER = logging.getLogger(__name__)


class Model(DeployedCalls, RefusedCalls):
    """One version of a registered model."""

    class Framework:
        """Names for `model_framework`; any other text is one, too."""

        CUSTOM = "Custom"
        TENSORFLOW = "TensorFlow"
        SCIKITLEARN = "ScikitLearn"
        ONNX = "Onnx"
        TFKERAS = "TfKeras"
        PYTORCH = "PyTorch"
        MULTI = "Multi"

    # What the retired service knew about a model, and a registry of files does not.
    mime_type = "application/octet-stream"
    unpack = False
    run = None
    parent_id: str | None = None
    derived_model_ids: Sequence[str] = ()

    def __init__(  # noqa: PLR0913, PLR0917 - the retired signature
        self,
        workspace: Registry = None,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - the retired name
        tags: Filter = None,
        properties: Filter = None,
        version: int | None = None,
        run_id: str | None = None,
        model_framework: str | None = None,
        expand: bool = True,
    ) -> None:
        """Find a model by name (and version, else the newest) or by `id` ("name:version").

        `workspace` is what open_registry() takes: None is the folder of models on this machine. With `tags`,
        `properties` (`{key: value}` or `["key", ["key", "value"]]`), `run_id` or `model_framework` the newest version
        that has all of them. `expand` has no meaning here. Raises ModelNotFound.
        """
        registry = open_registry(workspace)
        if id is not None:
            name, version = _split_id(id)
        if name is None:
            raise InvalidModel("Model(...) needs a name= or an id='name:version'.")
        if version is not None:
            found = registry.get(name, _checked_number(version))
            matching = [found] if carries(found, tags, properties) else []
        elif tags or properties or run_id or model_framework:
            matching = matching_versions(
                registry, name, tags, properties, run_id=run_id, model_framework=model_framework
            )
        else:
            matching = [registry.get(name)]
        if not matching:
            raise ModelNotFound(
                f"No version of model {name!r} has tags {tags!r}, properties {properties!r}, run_id {run_id!r} and "
                f"model_framework {model_framework!r}."
            )
        self._become(registry, matching[0])

    @classmethod
    def of(cls, registry: ModelRegistry, version: ModelVersion) -> "Model":
        """The Model for a version that a registry handed out."""
        model = cls.__new__(cls)
        model._become(registry, version)  # noqa: SLF001 - a second constructor of this class
        return model

    @staticmethod
    def register(  # noqa: PLR0913, PLR0917 - the retired signature
        workspace: Registry = None,
        model_path: str | Path | None = None,
        model_name: str | None = None,
        tags: Mapping[str, Any] | None = None,
        properties: Mapping[str, Any] | None = None,
        description: str | None = None,
        datasets: Sequence[tuple[str, object]] | None = None,
        model_framework: str | None = None,
        model_framework_version: str | None = None,
        child_paths: Sequence[str] | None = None,
        sample_input_dataset: object = None,
        sample_output_dataset: object = None,
        resource_configuration: ResourceConfiguration | None = None,
        *,
        run_id: str | None = None,
        experiment_name: str | None = None,
    ) -> "Model":
        """Copy a file or folder into the registry as the next version of `model_name` (1, 2, ...).

        `child_paths` are the files and folders of the folder to take, all without. Sample data are a JSON value or the
        Path of a JSON file. Raises InvalidModel when the name or the path cannot be used.
        """
        if model_path is None or model_name is None:
            raise InvalidModel("Model.register(...) needs model_path= and model_name=.")
        registry = open_registry(workspace)
        details = ModelDetails(
            tags=describing.texts(tags, "tags"),
            properties=describing.texts(properties, "properties"),
            description=description,
            model_framework=model_framework,
            model_framework_version=model_framework_version,
            datasets=describing.dataset_pairs(datasets),
            sample_input=describing.sample(sample_input_dataset, "sample_input_dataset"),
            sample_output=describing.sample(sample_output_dataset, "sample_output_dataset"),
            resources=describing.resources(resource_configuration),
            created_by=describing.whoever_runs_this(),
            run_id=run_id,
            experiment_name=experiment_name,
        )
        return Model.of(registry, registry.register(model_name, Path(model_path), details, child_paths))

    @staticmethod
    def get_model_path(model_name: str, version: int | None = None, _workspace: Registry = None) -> str:
        """Where the model's file or folder is, for scoring scripts and notebooks alike.

        Looks below `$AML_APP_ROOT/azureml-models`, then for `./<model_name>`, then in the registry, whose files are
        checked. Without a version the newest one. Raises ModelNotFound, ModelChanged.
        """
        if version is not None:
            _checked_number(version)
        root = config.app_root()
        packaged = packaged_path(root, model_name, version) if root is not None else None
        if packaged is not None:
            return str(packaged)
        beside = Path(model_name)
        if version is None and beside.exists():
            return str(beside.absolute())
        registry = open_registry(_workspace)
        return str(registry.fetch(registry.get(model_name, version)))

    @staticmethod
    def list(  # noqa: PLR0913, PLR0917 - the retired signature
        workspace: Registry = None,
        name: str | None = None,
        tags: Filter = None,
        properties: Filter = None,
        run_id: str | None = None,
        latest: bool = False,
        dataset_id: str | None = None,
        expand: bool = True,
        page_count: int = 255,
        model_framework: str | None = None,
    ) -> "list[Model]":
        """The registered models that match, newest version first; `latest` keeps one version of each.

        `tags` and `properties` are `["key", ["key", "value"]]` or `{key: value}`. `expand` and `page_count` have no
        meaning here.
        """
        registry = open_registry(workspace)
        found = matching_versions(
            registry, name, tags, properties, run_id=run_id, model_framework=model_framework, dataset_id=dataset_id
        )
        newest: dict[str, ModelVersion] = {}
        for version in found:
            newest.setdefault(version.name, version)
        return [Model.of(registry, version) for version in (newest.values() if latest else found)]

    def download(self, target_dir: str | Path = ".", exist_ok: bool = False, exists_ok: bool | None = None) -> str:
        """Copy the model's file or folder into `target_dir` and return its path there.

        What is copied is checked: ModelChanged if it is not what was registered. With `exist_ok` (or the old
        `exists_ok`) files that are there are replaced, and others are left.
        """
        if exists_ok is not None:
            _LOGGER.warning("exists_ok is deprecated; use exist_ok.")
        return str(copy_out(self.workspace, self.model_version, Path(target_dir), replace=bool(exist_ok or exists_ok)))

    def delete(self) -> None:
        """Remove this version from the registry; its number is not given out again."""
        self.workspace.delete(self.model_version)

    def update(
        self,
        tags: Mapping[str, Any] | None = None,
        description: str | None = None,
        sample_input_dataset: object = None,
        sample_output_dataset: object = None,
        resource_configuration: ResourceConfiguration | None = None,
    ) -> None:
        """Replace what is given: all tags, the description, the samples, the resources."""
        given = {
            "tags": describing.texts(tags, "tags") if tags is not None else None,
            "description": description,
            "sample_input": describing.sample(sample_input_dataset, "sample_input_dataset"),
            "sample_output": describing.sample(sample_output_dataset, "sample_output_dataset"),
            "resources": describing.resources(resource_configuration) or None,
        }
        new: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        self._change(lambda details: replace(details, **new))

    def update_tags_properties(
        self,
        add_tags: Mapping[str, Any] | None = None,
        remove_tags: Sequence[str] | None = None,
        add_properties: Mapping[str, Any] | None = None,
    ) -> None:
        """Add and remove tags and add properties, all or none; a property that is set does not change any more."""
        if isinstance(remove_tags, str):
            raise InvalidModel(f"remove_tags must be a list such as [{remove_tags!r}].")
        added, removed = describing.texts(add_tags, "add_tags"), set(remove_tags or ())

        def changed(details: ModelDetails) -> ModelDetails:
            tags = {key: value for key, value in {**details.tags, **added}.items() if key not in removed}
            return replace(describing.with_properties(details, add_properties or {}), tags=tags)

        self._change(changed)

    def add_tags(self, tags: Mapping[str, Any]) -> None:
        """Add tags, or give those that are there another value."""
        self.update_tags_properties(add_tags=tags)

    def remove_tags(self, tags: Sequence[str]) -> None:
        """Remove the tags with these keys; one that is not there does not matter."""
        self.update_tags_properties(remove_tags=tags)

    def add_properties(self, properties: Mapping[str, Any]) -> None:
        """Add properties; InvalidModel for one that is there with another value."""
        self.update_tags_properties(add_properties=properties)

    def add_dataset_references(self, datasets: Sequence[tuple[str, object]]) -> None:
        """Add (purpose, dataset) pairs; a dataset is its id, or has one."""
        added = describing.dataset_pairs(datasets)
        self._change(lambda details: replace(details, datasets=tuple(dict.fromkeys((*details.datasets, *added)))))

    def serialize(self) -> dict[str, object]:
        """The model as JSON values."""
        return payload(self.model_version)

    @staticmethod
    def deserialize(workspace: Registry, model_payload: Mapping[str, Any]) -> "Model":
        """The model that serialize() gave, without asking the registry; raises InvalidModel for anything else."""
        return Model.of(open_registry(workspace), parsed_payload(model_payload))

    @staticmethod
    def print_configuration(
        models: Sequence["Model"], inference_config: object, deployment_config: object, deployment_target: object
    ) -> None:
        """Print what the other calls would be given, a line each."""
        lines = {
            "models": ", ".join(str(getattr(model, "id", model)) for model in models) or "none",
            "inference_config": inference_config,
            "deployment_config": deployment_config,
            "deployment_target": deployment_target,
        }
        sys.stdout.write("".join(f"{name}: {value}\n" for name, value in lines.items()))

    @staticmethod
    def package(
        workspace: Any,
        models: Sequence[Any],
        inference_config: Any = None,
        generate_dockerfile: bool = False,
        image_name: str | None = None,
        image_label: str | None = None,
    ) -> Any:
        """Make a plain web service of them: a ModelPackage with the image `image_name:image_label`."""
        from packager.package import package

        if inference_config is None:
            raise InvalidPackageRequest(
                "Model.package(...) needs an inference_config: a model is not served without a scoring script. Write "
                "one with init() and run(), and give InferenceConfig(entry_script=..., environment=...)."
            )
        name = f"{image_name or 'package'}:{image_label}" if image_label is not None else image_name
        return package(workspace, models, inference_config, generate_dockerfile, image_name=name)

    @property
    def path(self) -> Path:
        """The model's file or folder on this machine, checked each time; raises ModelChanged."""
        return self.workspace.fetch(self.model_version)

    def __repr__(self) -> str:
        return f"Model(workspace={self.workspace!r}, name={self.name}, id={self.id}, version={self.version})"

    def _change(self, change: Change) -> None:
        self._become(self.workspace, self.workspace.update(self.model_version, change))

    def _become(self, registry: ModelRegistry, version: ModelVersion) -> None:
        details = version.details
        self.workspace = registry
        self.model_version = version
        self.name, self.version, self.id = version.name, version.version, version.id
        self.sha256, self.url, self.created_time = version.sha256, version.url, version.created_time
        self.created_by, self.description = details.created_by, details.description
        self.tags, self.properties = dict(details.tags), dict(details.properties)
        self.model_framework, self.model_framework_version = details.model_framework, details.model_framework_version
        self.run_id, self.experiment_name = details.run_id, details.experiment_name
        self.datasets = _by_purpose(details.datasets)
        self.sample_input_dataset, self.sample_output_dataset = details.sample_input, details.sample_output
        self.resource_configuration = ResourceConfiguration.deserialize(details.resources)


def _by_purpose(datasets: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for purpose, data in datasets:
        found.setdefault(purpose, []).append(data)
    return found


def _checked_number(version: object) -> int:
    if isinstance(version, bool) or not isinstance(version, int):
        raise InvalidModel(f"version should be an int, not {version!r}.")
    return version


def _split_id(identifier: str) -> tuple[str, int]:
    name, _, version = identifier.rpartition(":")
    if not name or not version.isdecimal():
        raise InvalidModel(f"Model id {identifier!r} is not of the form 'name:version'.")
    return name, int(version)
