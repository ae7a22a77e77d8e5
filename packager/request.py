"""Check an order for a package before any work is done."""

import difflib
import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from packager.environment import Environment
from packager.environment_checks import check_environment
from packager.errors import InvalidPackageRequest
from packager.inference_config import InferenceConfig
from packager.models.contract import ModelDetails, ModelVersion, check_path
from packager.models.memory import MemoryModelRegistry
from packager.models.model import Model
from packager.samples import NO_SAMPLES, Samples, find_samples
from packager.staging.container import AZURE_HOST, OWN_HOST
from packager.staging.requirements import environment_requirements
from packager.trigger_forms import TriggerTable

DEFAULT_BASE_IMAGES = MappingProxyType(
    {
        OWN_HOST: "python:{python_version}-slim",
        AZURE_HOST: "mcr.microsoft.com/azure-functions/python:4-python{python_version}",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRequest:
    """A checked order: everything that staging needs."""

    models: tuple[ModelVersion, ...]
    source_directory: Path
    entry_script: str
    """Relative to the source directory, with '/'."""
    environment: Environment
    """A copy: later changes to the caller's do not matter."""
    base_image: str
    triggers: TriggerTable
    """Trigger name -> its checked options; none makes a plain web service."""
    docker_steps: str = ""
    """Lines of a Dockerfile that come right after the base image."""
    samples: Samples = NO_SAMPLES
    host: str = OWN_HOST

    @property
    def is_web_service(self) -> bool:
        return not self.triggers

    @property
    def has_steps(self) -> bool:
        """Does the environment bring steps of a Dockerfile, which only a Docker Engine can run?"""
        return bool(self.docker_steps or self.environment.docker.base_dockerfile)


def check_request(
    models: Sequence[Model | str | Path],
    inference_config: InferenceConfig,
    triggers: TriggerTable,
    *,
    base_image: str | None = None,
    host: str = OWN_HOST,
    samples: tuple[object, object] = (None, None),
) -> PackageRequest:
    """The order with every part of it checked; raises InvalidPackageRequest or the error of the part.

    `samples` are what run() can be asked with, and what it should answer.
    """
    if inference_config is not None and not isinstance(inference_config, InferenceConfig):
        raise InvalidPackageRequest(f"inference_config must be an InferenceConfig, not {inference_config!r}.")
    environment = inference_config.environment if inference_config is not None else None
    if environment is None:
        raise InvalidPackageRequest(
            "Error, model packaging requires an InferenceConfig containing an Environment object. "
            "Write InferenceConfig(..., environment=Environment('name'))."
        )
    inference_config.validate_configuration()
    checked = {name: check_trigger(name, options) for name, options in triggers.items()}
    versions = _model_versions(models)
    script = inference_config.source_directory / inference_config.entry_script
    return PackageRequest(
        models=versions,
        source_directory=inference_config.source_directory,
        entry_script=inference_config.entry_script,
        environment=_checked_environment(environment),
        base_image=_base_image(base_image, environment, host),
        triggers=checked,
        docker_steps=inference_config.docker_steps,
        samples=find_samples(*samples, versions, script),
        host=host,
    )


def check_trigger(name: object, options: Mapping[str, object]) -> Mapping[str, object]:
    """The options that were given for a trigger, None ones left out; InvalidPackageRequest if it refuses them."""
    from triggers.errors import TriggerError
    from triggers.registry import adapters

    known = adapters()
    if not isinstance(name, str) or name not in known:
        raise InvalidPackageRequest(
            f"Invalid trigger {name!r}, valid options are [{','.join(sorted(known))}]{_hint(str(name), known)}."
        )
    given = {option: value for option, value in options.items() if value is not None}
    parameters = inspect.signature(known[name].options).parameters
    for option in given:
        if option not in parameters:
            raise InvalidPackageRequest(
                f"Invalid option {option!r} for trigger {name}{_hint(option, parameters)}; "
                f"the valid ones are {', '.join(sorted(parameters))}."
            )
    for parameter in parameters.values():
        if parameter.default is parameter.empty and parameter.name not in given:
            raise InvalidPackageRequest(f"Trigger {name!r} needs the option {parameter.name!r}.")
    try:
        known[name].options(**given)
    except TriggerError as error:
        raise InvalidPackageRequest(f"Trigger {name!r} refuses its options: {error}") from error
    return given


def _hint(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, [*known], n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _model_versions(models: Sequence[Model | str | Path]) -> tuple[ModelVersion, ...]:
    if isinstance(models, (str, Path, Model)):
        raise InvalidPackageRequest(f"models must be a list, such as [{models!r}].")
    if not isinstance(models, Sequence):
        raise InvalidPackageRequest(f"models must be a list of Model objects or paths, not {models!r}.")
    versions = tuple(_model_version(model) for model in models)
    for version in versions:
        if sum(version.id == other.id for other in versions) > 1:
            raise InvalidPackageRequest(
                f"Two of the models are called {version.id!r}; register them under different names."
            )
    return versions


def _model_version(model: Model | str | Path) -> ModelVersion:
    if isinstance(model, Model):
        return replace(model.model_version, path=model.path)
    if isinstance(model, (str, Path)):
        return unregistered_model(Path(model))
    raise InvalidPackageRequest(f"{model!r} is neither a Model nor the path of a file or folder.")


def unregistered_model(path: Path, name: str | None = None) -> ModelVersion:
    """Version 1 of a model that is not in any registry, named after its file unless `name` is given."""
    source = check_path(path)
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", source.stem if source.is_file() else source.name).strip("-._")
    version = MemoryModelRegistry().register(name or stem or "model", source, ModelDetails())
    return replace(version, version=1)


def _checked_environment(environment: Environment) -> Environment:
    check_environment(environment)
    environment_requirements(environment)
    return environment.clone(environment.name)


def _base_image(base_image: str | None, environment: Environment, host: str) -> str:
    if host not in DEFAULT_BASE_IMAGES:
        raise InvalidPackageRequest(f"host={host!r} is not one of {', '.join(map(repr, DEFAULT_BASE_IMAGES))}.")
    chosen = base_image or environment.docker.base_image
    if chosen is None:
        return DEFAULT_BASE_IMAGES[host].format(python_version=environment.python_version)
    if not re.fullmatch(r"(?:oci|archive):.+|[A-Za-z0-9][\w.:/@-]*", chosen):
        raise InvalidPackageRequest(f"base_image {chosen!r} is not an image reference such as 'python:3.11-slim'.")
    registry = environment.docker.base_image_registry.address
    if base_image is None and registry and not chosen.startswith(f"{registry}/"):
        return f"{registry}/{chosen}"
    return chosen
