"""IoT Edge: the app as a module on devices, as a document for whoever sets their modules."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from infra.contract import DeploymentSpec, Manifest, Secret
from infra.errors import InvalidDeployment, UnsupportedTrigger
from infra.targets.iot_edge_filling import check_literals, filling_script
from infra.targets.iot_edge_module import LONGEST, checked, credentials, module, system_modules
from infra.targets.iot_edge_options import IotEdgeOptions

KIND = "iot_edge/deployment"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_ROUTE_NAME = re.compile(r"[^.$# ]+")
_ROUTE = re.compile(r"FROM\s+\S.*\s+INTO\s+(\$upstream|BrokeredEndpoint\(\"/modules/[^/]+/inputs/[^/]+\"\))", re.I)
_SCHEMA = "1.1"


class IotEdge:
    """A deployment manifest, whole or a layer."""

    name: ClassVar[str] = "iot_edge"
    platform: ClassVar[str] = "none"
    options: ClassVar[type] = IotEdgeOptions

    def render(self, spec: DeploymentSpec) -> Sequence[Manifest]:
        """One document, secrets as `${VARIABLE}`; raises InvalidDeployment and UnsupportedTrigger."""
        options: IotEdgeOptions = spec.options
        _check(spec)
        check_literals(_literals(spec, options), _variables(spec))
        body = _layer(spec, options) if options.layered else _whole(spec, options)
        return [Manifest(kind=KIND, name=spec.name, body=body)]

    def export(self, spec: DeploymentSpec) -> Mapping[str, str]:
        """The document as JSON without its secrets, and a script that puts them in."""
        (manifest,) = self.render(spec)
        return {
            f"{spec.name}.deployment.template.json": json.dumps(manifest.body, indent=2) + "\n",
            f"{spec.name}.fill.py": filling_script(spec.name, _variables(spec), longest=LONGEST),
        }


def _variables(spec: DeploymentSpec) -> list[str]:
    """Those that hold the secrets."""
    values = [*spec.settings.values(), spec.registry.password]
    return [value.variable for value in values if isinstance(value, Secret) and value.variable]


def _literals(spec: DeploymentSpec, options: IotEdgeOptions) -> Iterator[tuple[str, str]]:
    """Every text of the document that people write, with what it is."""
    for name, value in spec.settings.items():
        if isinstance(value, str):
            yield f"The setting {name!r}", value
    yield "The registry's user", spec.registry.username
    yield "The registry's server", spec.registry.server
    for what, image in (("agent_image", options.agent_image), ("hub_image", options.hub_image)):
        yield f"The option {what}", image
    yield from _texts_of(_desired(options))


def _texts_of(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield "One of the desired properties", value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts_of(part)


def _check(spec: DeploymentSpec) -> None:
    if not _NAME.fullmatch(spec.name) or spec.name.lower() in ("edgeagent", "edgehub"):
        raise InvalidDeployment(
            f"The name {spec.name!r} is none for a module: 1 to 128 letters, digits, hyphens and underscores, and not "
            "that of the runtime's own modules."
        )
    if max(spec.scale.min_replicas or 1, spec.scale.max_replicas or 1) > 1 or spec.scale.min_replicas == 0:
        raise InvalidDeployment("A device runs a module once; leave out how many replicas there are.")
    for function in spec.image.functions:
        trigger = function.trigger
        is_told = trigger.option("source").lower() == "eventgrid" and not trigger.option("eventQueue")
        if is_told or trigger.type.lower() == "eventgridtrigger":
            raise UnsupportedTrigger(
                f"Event Grid cannot call function {function.name!r} on a device; have its events put into a storage "
                "queue, and wait there."
            )


def _whole(spec: DeploymentSpec, options: IotEdgeOptions) -> dict[str, Any]:
    runtime: dict[str, Any] = {"minDockerVersion": "v1.25", "loggingOptions": ""}
    if login := credentials(spec):
        runtime["registryCredentials"] = login
    agent = {
        "schemaVersion": _SCHEMA,
        "runtime": {"type": "docker", "settings": runtime},
        "systemModules": system_modules(options),
        "modules": {spec.name: module(spec, options)},
    }
    hub = {
        "schemaVersion": _SCHEMA,
        "routes": _routes(spec, options),
        "storeAndForwardConfiguration": {"timeToLiveSecs": options.keep_seconds},
    }
    content: dict[str, Any] = {"$edgeAgent": {"properties.desired": agent}, "$edgeHub": {"properties.desired": hub}}
    return {"modulesContent": {**content, **_twin(spec, options)}}


def _layer(spec: DeploymentSpec, options: IotEdgeOptions) -> dict[str, Any]:
    if spec.registry.username:
        raise InvalidDeployment(
            "A layer has no credentials of registries; give them to the deployment that has the runtime's own modules."
        )
    content: dict[str, Any] = {"$edgeAgent": {f"properties.desired.modules.{spec.name}": module(spec, options)}}
    routes = {f"properties.desired.routes.{name}": route for name, route in _routes(spec, options).items()}
    return {"content": {"modulesContent": {**content, "$edgeHub": routes, **_twin(spec, options)}}}


def _twin(spec: DeploymentSpec, options: IotEdgeOptions) -> dict[str, Any]:
    return {spec.name: {"properties.desired": _desired(options)}} if options.desired else {}


def _desired(options: IotEdgeOptions) -> dict[str, Any]:
    if not options.desired:
        return {}
    try:
        wanted = json.loads(options.desired)
    except ValueError as cause:
        raise InvalidDeployment(f"desired is no JSON: {cause}.") from cause
    if not isinstance(wanted, dict):
        raise InvalidDeployment(f"desired must be a JSON object, not {options.desired!r}.")
    return wanted


def _routes(spec: DeploymentSpec, options: IotEdgeOptions) -> dict[str, str]:
    """Name -> route."""
    if not options.routes:
        return {f"{spec.name}-upstream": f"FROM /messages/modules/{spec.name}/* INTO $upstream"}
    found: dict[str, str] = {}
    for text in options.routes:
        name, _, route = (part.strip() for part in text.partition("="))
        if not _ROUTE_NAME.fullmatch(name) or not _ROUTE.fullmatch(route):
            raise InvalidDeployment(
                f"routes has {text!r}; write NAME=FROM /messages/... INTO $upstream, or INTO "
                'BrokeredEndpoint("/modules/MODULE/inputs/INPUT").'
            )
        found[name] = checked(f"The route {name!r}", route)
    return found


target = IotEdge()
