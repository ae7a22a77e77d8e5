"""From models and a script, or an image, to a web service that is remembered and runs."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from infra.config import image_registry
from infra.deploying import undeploy
from infra.errors import ApplyFailed, InvalidDeployment, WebserviceFailed
from infra.webservices.configuration import WebserviceDeploymentConfiguration
from infra.webservices.places import LOCAL, deployed_now, new_keys, specified
from infra.webservices.records import Records, ServiceRecord, checked_name
from packager import ModelPackage, package
from packager.errors import InvalidPackageRequest


def packaged(workspace: Any, name: str, models: Sequence[Any], inference_config: Any, compute_type: str) -> str:
    """Make an image of a plain web service where its place can have it; its name as packager inspect takes it.

    Raises InvalidPackageRequest without a script, InvalidDeployment without a registry for a place in a cloud, and
    what package() raises.
    """
    if inference_config is None:
        raise InvalidPackageRequest(
            f"The web service {name!r} needs an inference_config: a model is not served without a scoring script. "
            "Write one with init() and run(), and give InferenceConfig(entry_script=..., environment=...)."
        )
    if compute_type == LOCAL:
        made = package(workspace, models, inference_config, image_name=name, builder="docker")
        return f"docker:{made.location}"
    registry = image_registry()
    if not registry:
        raise InvalidDeployment(
            f"The image of the web service {name!r} has to be pushed where {compute_type} can pull it: let "
            "PACKAGER_PUBLISH_TO name a registry (registry.example.com)."
        )
    return package(workspace, models, inference_config, image_name=name, publish_to=registry).location


def image_name(image: Any) -> str:
    """Of a ContainerImage, a ModelPackage or a name; raises WebserviceFailed for anything else."""
    if isinstance(image, str):
        return image
    location = image.location if isinstance(image, ModelPackage) else getattr(image, "image_location", None)
    if not location:
        raise WebserviceFailed(f"{image!r} is no image to deploy: give a ContainerImage, a ModelPackage or a name.")
    return str(location) if "@" in location else f"docker:{location}"


def record_of(name: str, image: str, config: WebserviceDeploymentConfiguration, models: Sequence[Any]) -> ServiceRecord:
    """A new service of that image; raises WebserviceFailed for an argument that cannot be kept."""
    config.validate_configuration()
    arguments = config.given()
    kept = {key: value for key, value in arguments.items() if key not in ("primary_key", "secondary_key")}
    record = ServiceRecord(
        name=checked_name(name),
        compute_type=config.compute_type,
        image=image,
        arguments=kept,
        tags=texts(config.tags),
        properties=texts(config.properties),
        description=config.description,
        models=[str(getattr(model, "id", model)) for model in models],
        keys=new_keys(config.compute_type, arguments),
        created_time=now(),
        updated_time=now(),
    )
    specified(record, with_image=False)
    return record


def run_it(records: Records, record: ServiceRecord, *, show_output: bool = False) -> ServiceRecord:
    """Remember it and make it run; that it never answered is remembered, for wait_for_deployment() to tell.

    After any other error what was remembered before still is, with the reason; raises what deploy() does.
    """
    before = records.find(record.name)
    records.save(record)
    if show_output:
        sys.stdout.write(f"Deploying {record.name} ({record.compute_type})\n")
    try:
        deployed_now(record)
        failure = ""
    except ApplyFailed as error:
        failure = str(error)
    except Exception as error:
        _put_back(records, record, before, str(error))
        raise
    done = replace(record, failure=failure, updated_time=now())
    records.save(done)
    return done


def make_room(records: Records, name: str, compute_type: str, *, overwrite: bool) -> None:
    """Raises WebserviceFailed for a service that must not be replaced; one that ran elsewhere is taken away there.

    On this machine there is one deployment of a name, so another workspace's must not be replaced either.
    """
    found = records.find(checked_name(name))
    theirs = [workspace for workspace, other in records.elsewhere(name) if other.compute_type == compute_type == LOCAL]
    if theirs and (found is None or found.compute_type != LOCAL):
        raise WebserviceFailed(
            f"The workspace {theirs[0]} has a service {name} on this machine already, where names are for all "
            "workspaces; give another name, or delete that service."
        )
    if found is None:
        return
    if not overwrite:
        raise WebserviceFailed(
            f"Error, there is already a service with name {name} found in the workspace; give overwrite=True to "
            "replace it."
        )
    if found.compute_type != compute_type:
        undeploy(specified(found, with_image=False))


def _put_back(records: Records, record: ServiceRecord, before: ServiceRecord | None, failure: str) -> None:
    """One that ran elsewhere is gone from there already, so nothing is left to remember."""
    if before is None or before.compute_type != record.compute_type:
        records.forget(record.name)
    else:
        records.save(replace(before, failure=failure, updated_time=now()))


def now() -> str:
    return datetime.now(UTC).isoformat()


def texts(values: Mapping[str, Any] | None) -> dict[str, str]:
    return {str(key): str(value) for key, value in (values or {}).items()}
