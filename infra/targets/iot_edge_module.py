"""The app as a module of IoT Edge: its image, environment and container, as edgeAgent wants them."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from infra.contract import DeploymentSpec, Secret
from infra.errors import InvalidDeployment
from infra.targets.azure_connections import is_given
from infra.targets.iot_edge_options import IotEdgeOptions
from infra.targets.kubernetes_pods import app_settings
from triggers.blob_account import HOST_SETTING

_KEY = re.compile(r"[^+#$\s.]+")
LONGEST = 4096
"""Bytes of a text in a twin."""


def module(spec: DeploymentSpec, options: IotEdgeOptions) -> dict[str, Any]:
    """What edgeAgent is told of it; raises InvalidDeployment."""
    _check_keys(spec)
    settings: dict[str, Any] = {"image": spec.image.reference}
    if create := _create_options(spec, options):
        settings["createOptions"] = checked("createOptions", json.dumps(create, separators=(",", ":")))
    found: dict[str, Any] = {
        "version": "1.0",
        "type": "docker",
        "status": "running",
        "restartPolicy": "always",
        "imagePullPolicy": options.image_pull_policy,
        "settings": settings,
        "env": {name: {"value": _variable(name, value)} for name, value in app_settings(spec, own={}).items()},
    }
    if options.startup_order is not None:
        found["startupOrder"] = options.startup_order
    return found


def _check_keys(spec: DeploymentSpec) -> None:
    """Those in memory end with each start of the module."""
    keyed = [each.name for each in spec.image.functions if each.auth_level in ("function", "admin")]
    if keyed and not is_given(spec, HOST_SETTING):
        raise InvalidDeployment(
            f"The function {keyed[0]!r} needs the setting {HOST_SETTING!r}, a storage account in which its keys are "
            "kept; or a folder of the device: binds=/on/device:/data and the setting 'folder:/data'."
        )


def system_modules(options: IotEdgeOptions) -> dict[str, Any]:
    """The runtime's own two."""
    bound = {f"{port}/tcp": [{"HostPort": str(port)}] for port in (443, 5671, 8883)} if options.hub_ports else {}
    create = json.dumps({"HostConfig": {"PortBindings": bound}} if bound else {}, separators=(",", ":"))
    hub = {"image": options.hub_image, "createOptions": create}
    always = {"type": "docker", "status": "running", "restartPolicy": "always"}
    return {
        "edgeAgent": {"type": "docker", "settings": {"image": options.agent_image, "createOptions": "{}"}},
        "edgeHub": {**always, "startupOrder": 0, "settings": hub},
    }


def credentials(spec: DeploymentSpec) -> dict[str, Any]:
    """How the device pulls the image; the password is `${VARIABLE}`. Empty where it pulls openly."""
    login = spec.registry
    if not login.username:
        return {}
    if login.password is None:
        raise InvalidDeployment(f"The registry's user {login.username!r} has no password; say where it is.")
    server = login.server or spec.image.reference.partition("/")[0]
    password = placeholder("The registry's password", login.password)
    return {spec.name: {"username": login.username, "password": password, "address": server}}


def placeholder(what: str, value: Secret) -> str:
    """What stands in the document in its place."""
    if not value.variable:
        raise InvalidDeployment(
            f"{what} is in a vault ({value.vault_uri}), which no module reads by itself; name an environment variable "
            "that holds it when the document is filled in."
        )
    return f"${{{value.variable}}}"


def checked(what: str, text: str) -> str:
    """The text; raises InvalidDeployment where it is longer than a twin takes."""
    if len(text.encode()) > LONGEST:
        raise InvalidDeployment(f"{what} has {len(text.encode())} bytes; a twin takes {LONGEST} in one text.")
    return text


def _variable(name: str, value: str | Secret) -> str:
    if not _KEY.fullmatch(name):
        raise InvalidDeployment(
            f"The setting {name!r} cannot stand in a module's twin: no '.', '$', '#', '+' or blank."
        )
    if isinstance(value, Secret):
        return placeholder(f"The setting {name!r}", value)
    return checked(f"The setting {name!r}", value)


def _create_options(spec: DeploymentSpec, options: IotEdgeOptions) -> Mapping[str, Any]:
    """Of the container, in the words of Docker's API."""
    port = f"{spec.image.port}/tcp"
    host: dict[str, Any] = {}
    if options.binds:
        host["Binds"] = [*_binds(options.binds)]
    if options.host_port:
        host["PortBindings"] = {port: [{"HostPort": str(options.host_port)}]}
    if spec.size.memory is not None:
        host["Memory"] = spec.size.memory
    if spec.size.cpu is not None:
        host["NanoCpus"] = round(spec.size.cpu * 1_000_000_000)
    found: dict[str, Any] = {"HostConfig": host} if host else {}
    if spec.tags:
        found["Labels"] = dict(spec.tags)
    return found


def _binds(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        device, _, inside = text.partition(":")
        if not device.startswith("/") or not inside.startswith("/"):
            raise InvalidDeployment(f"binds has {text!r}; write /on/device:/in/module.")
        yield text
