"""Updates of web services: what is given replaces what was there, and is checked as if it were new."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from infra.errors import WebserviceFailed
from infra.webservices.configuration import WebserviceDeploymentConfiguration
from infra.webservices.ingredients import made_again
from infra.webservices.making import image_name, texts
from infra.webservices.places import new_keys, specified
from infra.webservices.records import ServiceRecord

_NO_ARGUMENTS = ("image", "models", "inference_config", "tags", "properties", "description")


def changed(
    workspace: Any, record: ServiceRecord, kind: type[WebserviceDeploymentConfiguration], given: Mapping[str, Any]
) -> ServiceRecord:
    """The service as it shall be; raises WebserviceFailed when nothing is given, and for what cannot be kept."""
    if not given:
        raise WebserviceFailed("No parameters provided to update.")
    if "image" in given and ("models" in given or "inference_config" in given):
        raise WebserviceFailed("Error, pass either image, or models and inference_config, to update.")
    arguments = {**record.arguments, **{key: value for key, value in given.items() if key not in _NO_ARGUMENTS}}
    kind(record.compute_type, **arguments)
    asks = bool(arguments.get("auth_enabled", record.keys))
    updated = replace(
        record,
        arguments=arguments,
        keys=(record.keys or new_keys(record.compute_type, {**arguments, "auth_enabled": True})) if asks else (),
        tags=texts(given.get("tags", record.tags)),
        properties={**record.properties, **texts(given.get("properties", {}))},
        description=given.get("description", record.description),
        image=image_name(given["image"]) if "image" in given else record.image,
    )
    specified(updated, with_image=False)
    if "models" in given or "inference_config" in given:
        return made_again(workspace, updated, given.get("models"), given.get("inference_config"), None)
    return updated
