"""The target `local`: a place on this machine that treats an image as App Service does."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.app_settings import CONNECTIONS
from infra.bus_entities import TYPES, connection_settings, namespace_of
from infra.contract import DeploymentSpec, Manifest, Secret
from infra.errors import InvalidDeployment
from infra.targets.local_compose import compose_files
from triggers.contract import Binding

MOUNT = "/place"
"""Where a container sees what the deployment keeps: blobs and keys."""
START_LIMIT, STOP_LIMIT, REQUEST_LIMIT = 230, 5, 230
"""Seconds that App Service gives a container to answer, to stop, and to answer one request."""
_LONGEST_START, _LONGEST_STOP = 1800, 120
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?")
_WITHHELD = "DOCKER_REGISTRY_SERVER_"
_OWN = "functions"
_READY = "/health/ready"

Value = str | Mapping[str, str]
"""Of an environment variable: text, or where it comes from: `{"secret": VARIABLE}`, `{"emulator": "storage"}` ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalOptions:
    """What only this machine can be told."""

    port: int = 0
    """Where the app answers on 127.0.0.1; 0 takes a free port once and keeps it."""
    storage: str = "folder"
    """What connections without a setting get: `folder` (files on this machine) or `azurite`."""
    network: str = "auto"
    """`bridge` (a published port), `host` (this machine's own network), or `auto`: host for images of the packager."""
    health_check_path: str = ""
    """A path that must answer below 400 as long as the app is well; empty: nothing is asked."""
    health_check_interval: float = 30.0
    """Seconds between two questions."""
    health_check_failures: int = 3
    """After how many bad answers in a row the container is started again."""
    resource_group: str = "local"
    """What WEBSITE_RESOURCE_GROUP says."""
    folder: str = ""
    """Where the deployment is kept, by default `<name>` in `$PACKAGER_DEPLOYMENTS`."""

    def __post_init__(self) -> None:
        _one_of("storage", self.storage, ("folder", "azurite"))
        _one_of("network", self.network, ("auto", "bridge", "host"))
        if not 0 <= self.port <= 65535:
            raise InvalidDeployment(f"port={self.port} is no port; give one from 1 to 65535, or 0 for a free one.")
        if self.health_check_path and not self.health_check_path.startswith("/"):
            raise InvalidDeployment(f"health_check_path={self.health_check_path!r} must begin with a slash.")
        if self.health_check_interval <= 0 or self.health_check_failures < 1:
            raise InvalidDeployment("health_check_interval and health_check_failures must be greater than 0.")


class LocalTarget:
    """Renders the container, the front before it, and the emulators that it needs."""

    name: ClassVar[str] = "local"
    platform: ClassVar[str] = "local"
    options: ClassVar[type] = LocalOptions

    def render(self, spec: DeploymentSpec) -> Sequence[Manifest]:
        """`emulators` (if any are needed), `front`, `container`; raises InvalidDeployment."""
        options = _checked(spec)
        emulators = _emulators(spec, options)
        front = Manifest(kind="front", name=spec.name, body=_front(spec, options))
        before = tuple(each.address for each in (*emulators, front))
        body = _container(spec, options)
        return (*emulators, front, Manifest(kind="container", name=spec.name, body=body, after=before))

    def export(self, spec: DeploymentSpec) -> Mapping[str, str]:
        """`compose.yaml` with the app, Azurite and, where needed, the Service Bus emulator with its `Config.json`."""
        _checked(spec)
        listening = int(str(_setting(spec, "WEBSITES_PORT") or _setting(spec, "PORT") or spec.image.port))
        return compose_files(spec, port=listening, bus=_local_bus(spec), storage=_storage_settings(spec))


def checked_name(name: str) -> str:
    """The name; raises InvalidDeployment for one that no deployment may have (it is a folder's name, too)."""
    if not _NAME.fullmatch(name):
        raise InvalidDeployment(
            f"The name {name!r} cannot be used: up to 60 small letters, digits and hyphens, no hyphen at an end."
        )
    return name


def _checked(spec: DeploymentSpec) -> LocalOptions:
    checked_name(spec.name)
    if spec.image.reference.startswith(("oci:", "archive:")):
        raise InvalidDeployment(
            f"The image {spec.image.reference!r} is in a file; load it into the Docker Engine ('docker load') or push "
            "it, and name it there (docker:NAME)."
        )
    for name, value in spec.settings.items():
        if isinstance(value, Secret) and not value.variable:
            raise InvalidDeployment(
                f"The setting {name} is in a key vault, which containers on this machine do not read; name an "
                "environment variable that holds it."
            )
        if name == f"{_WITHHELD}PASSWORD" and not isinstance(value, Secret):
            raise InvalidDeployment(f"The setting {name} must be a secret: name an environment variable that holds it.")
    _limit(spec, "WEBSITES_CONTAINER_START_TIME_LIMIT", START_LIMIT, _LONGEST_START)
    _limit(spec, "WEBSITES_CONTAINER_STOP_TIME_LIMIT", STOP_LIMIT, _LONGEST_STOP)
    options = spec.options if spec.options is not None else LocalOptions()
    if not isinstance(options, LocalOptions):
        raise InvalidDeployment(f"The target local takes LocalOptions(...), not {type(options).__name__}.")
    _check_accounts(spec, options)
    return options


def _check_accounts(spec: DeploymentSpec, options: LocalOptions) -> None:
    wanted = ", ".join(_storage_settings(spec))
    if wanted and options.storage == "folder" and spec.image.host != _OWN:
        raise InvalidDeployment(
            f"Microsoft's functions host takes no folder for an account: give the settings {wanted}, or "
            "storage=azurite."
        )
    if options.network == "bridge" and _needs_emulators(spec, options):
        raise InvalidDeployment(
            "Emulators listen on 127.0.0.1, which a container with network=bridge does not reach: leave network out, "
            "or give the connections as settings."
        )


def _emulators(spec: DeploymentSpec, options: LocalOptions) -> tuple[Manifest, ...]:
    if not _needs_emulators(spec, options):
        return ()
    needs_azurite = options.storage == "azurite" and bool(_storage_settings(spec))
    body = {"storage": needs_azurite, "service_bus": _local_bus(spec)}
    return (Manifest(kind="emulators", name=spec.name, body=body),)


def _needs_emulators(spec: DeploymentSpec, options: LocalOptions) -> bool:
    return bool(_bus_settings(spec)) or (options.storage == "azurite" and bool(_storage_settings(spec)))


def _network(spec: DeploymentSpec, options: LocalOptions) -> str:
    if options.network != "auto":
        return options.network
    return "host" if spec.image.host == _OWN or _needs_emulators(spec, options) else "bridge"


def _front(spec: DeploymentSpec, options: LocalOptions) -> Mapping[str, Any]:
    return {
        "port": options.port,
        "request_limit": REQUEST_LIMIT,
        "health_check_path": options.health_check_path,
        "health_check_interval": options.health_check_interval,
        "health_check_failures": options.health_check_failures,
        "start_limit": _limit(spec, "WEBSITES_CONTAINER_START_TIME_LIMIT", START_LIMIT, _LONGEST_START),
    }


def _container(spec: DeploymentSpec, options: LocalOptions) -> Mapping[str, Any]:
    is_own = spec.image.host == _OWN
    login = spec.registry
    return {
        "image": spec.image.reference,
        "environment": _environment(spec, options),
        "port": int(str(_setting(spec, "WEBSITES_PORT") or _setting(spec, "PORT") or 0)),
        "network": _network(spec, options),
        "is_own": is_own,
        "ready_path": options.health_check_path or (_READY if is_own else "/"),
        "must_succeed": is_own or bool(options.health_check_path),
        "start_limit": _limit(spec, "WEBSITES_CONTAINER_START_TIME_LIMIT", START_LIMIT, _LONGEST_START),
        "stop_limit": _limit(spec, "WEBSITES_CONTAINER_STOP_TIME_LIMIT", STOP_LIMIT, _LONGEST_STOP),
        "cpu": spec.size.cpu,
        "memory": spec.size.memory,
        "labels": dict(spec.tags),
        "registry": {
            "server": login.server or str(_setting(spec, f"{_WITHHELD}URL") or ""),
            "username": login.username or str(_setting(spec, f"{_WITHHELD}USERNAME") or ""),
            "password": _value(login.password or spec.settings.get(f"{_WITHHELD}PASSWORD", "")),
        },
    }


def _environment(spec: DeploymentSpec, options: LocalOptions) -> dict[str, Value]:
    """As App Service hands it over: each setting under its own name and under APPSETTING_ and its name."""
    given = {name: _value(value) for name, value in spec.settings.items() if not name.startswith(_WITHHELD)}
    account: Value = {"emulator": "storage"} if options.storage == "azurite" else f"folder:{MOUNT}/storage"
    derived: dict[str, Value] = dict.fromkeys(_storage_settings(spec), account)
    derived |= {name: {"emulator": "service_bus"} for name in _bus_settings(spec)}
    stop_limit = _limit(spec, "WEBSITES_CONTAINER_STOP_TIME_LIMIT", STOP_LIMIT, _LONGEST_STOP)
    settings = {
        # What is not finished when the time is over is killed, and a host that knows hands its work back before.
        "FUNCTIONS_DRAIN_SECONDS": str(max(stop_limit - 1, 1)),
        "WEBSITES_ENABLE_APP_SERVICE_STORAGE": "false",
        **derived,
        **given,
    }
    place: dict[str, Value] = {
        "WEBSITE_SITE_NAME": spec.name,
        "WEBSITE_RESOURCE_GROUP": options.resource_group,
        "WEBSITE_HOSTNAME": {"front": "address"},
        "WEBSITE_INSTANCE_ID": hashlib.sha256(spec.name.encode()).hexdigest(),
    }
    if spec.image.host == _OWN:
        place |= {"FUNCTIONS_SECRETS_PATH": f"{MOUNT}/keys", "AzureWebJobsSecretStorageType": "files"}
    return {**place, **settings, **{f"APPSETTING_{name}": value for name, value in settings.items()}}


def _storage_settings(spec: DeploymentSpec) -> Sequence[str]:
    """The settings that must name a storage account and that nobody gave."""
    buses = connection_settings(_bus_bindings(spec))
    if spec.image.is_web_service:
        return ()
    wanted = dict.fromkeys((*CONNECTIONS, *spec.image.connections))
    return [name for name in wanted if name not in buses and not _is_given(spec, name)]


def _bus_settings(spec: DeploymentSpec) -> Sequence[str]:
    return [name for name in connection_settings(_bus_bindings(spec)) if not _is_given(spec, name)]


def _is_given(spec: DeploymentSpec, connection: str) -> bool:
    """Also as `<name>__accountName` and the like, or with the host's prefix."""
    names = tuple(name.lower() for name in (connection, f"AzureWebJobs{connection}"))
    prefixes = tuple(f"{name}__" for name in names)
    return any(each.lower() in names or each.lower().startswith(prefixes) for each in spec.settings)


def _local_bus(spec: DeploymentSpec) -> Mapping[str, object]:
    """The namespace of the emulator; empty when none is needed."""
    return namespace_of(_bus_bindings(spec)) if _bus_settings(spec) else {}


def _bus_bindings(spec: DeploymentSpec) -> list[Binding]:
    bindings = (binding for each in spec.image.functions for binding in (each.trigger, *each.outputs))
    return [binding for binding in bindings if binding.type.lower() in TYPES]


def _value(value: str | Secret) -> Value:
    return {"secret": value.variable} if isinstance(value, Secret) else value


def _setting(spec: DeploymentSpec, name: str) -> str | None:
    value = spec.settings.get(name)
    if isinstance(value, Secret):
        raise InvalidDeployment(f"The setting {name} is no secret; give it as text.")
    if value and name in ("PORT", "WEBSITES_PORT") and not (value.isdecimal() and 0 < int(value) < 65536):
        raise InvalidDeployment(f"The setting {name} is {value!r}; it must be a port from 1 to 65535.")
    return value


def _limit(spec: DeploymentSpec, name: str, default: int, most: int) -> int:
    text = _setting(spec, name) or str(default)
    if not text.isdecimal() or not 0 < int(text) <= most:
        raise InvalidDeployment(f"The setting {name} is {text!r}; it must be whole seconds from 1 to {most}.")
    return int(text)


def _one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise InvalidDeployment(f"{name}={value!r} is not one of {', '.join(allowed)}.")


target = LocalTarget()
