"""A compose file of an app with the emulators that it needs, for whoever runs it without the packager."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from infra.bus_entities import connection_settings
from infra.contract import DeploymentSpec, Secret
from infra.emulators.azurite import ACCOUNT, KEY, VERSION

_AZURITE = f"mcr.microsoft.com/azure-storage/azurite:{VERSION}"
_PORTS = {"Blob": 10000, "Queue": 10001, "Table": 10002}
_BUS = "mcr.microsoft.com/azure-messaging/servicebus-emulator:latest"
_SQL = "mcr.microsoft.com/mssql/server:2022-latest"
_PASSWORD = "${MSSQL_SA_PASSWORD:?set it to any strong password}"  # noqa: S105 - a question, no password
_BUS_CONNECTION = (
    "Endpoint=sb://servicebus;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;"
    "UseDevelopmentEmulator=true;"
)
_WITHHELD = "DOCKER_REGISTRY_SERVER_"


def compose_files(
    spec: DeploymentSpec, *, port: int, bus: Mapping[str, object], storage: Sequence[str]
) -> Mapping[str, str]:
    """File name -> text. Secrets are `${VARIABLE}`, which Compose reads from the environment of whoever starts it.

    `port` is where the app listens, `bus` the namespace that the Service Bus emulator has (empty: none), `storage` the
    settings that name Azurite's account.
    """
    services = {"app": _app(spec, port, bus, storage)}
    if storage:
        services["azurite"] = _azurite()
    if bus:
        services |= _bus()
    # Without a name of its own: Compose 1 refuses it, and both call the project after the folder.
    document = {"services": services, **({"volumes": {"azurite": {}}} if storage else {})}
    files = {"compose.yaml": yaml.safe_dump(document, sort_keys=False, width=1000)}
    return files | ({"Config.json": json.dumps(bus, indent=2) + "\n"} if bus else {})


def _app(spec: DeploymentSpec, port: int, bus: Mapping[str, object], storage: Sequence[str]) -> dict[str, Any]:
    settings = {name: _text(value) for name, value in spec.settings.items() if not name.startswith(_WITHHELD)}
    named = connection_settings(binding for each in spec.image.functions for binding in _buses(each)) if bus else ()
    connections = dict.fromkeys(storage, _account()) | dict.fromkeys(named, _BUS_CONNECTION)
    limits = {"cpus": spec.size.cpu, "mem_limit": spec.size.memory}
    found: dict[str, Any] = {
        "image": spec.image.reference,
        "restart": "unless-stopped",
        "ports": [f"127.0.0.1:${{APP_PORT:-8080}}:{port}"],
        "environment": {"WEBSITE_SITE_NAME": spec.name, **connections, **settings},
        **{name: value for name, value in limits.items() if value is not None},
    }
    if spec.image.host == "functions":
        found |= {
            "read_only": True, "tmpfs": ["/tmp"], "cap_drop": ["ALL"],  # noqa: S108 - the container's own
            "security_opt": ["no-new-privileges:true"],
        }  # fmt: skip
    needed = [name for name, wanted in (("azurite", storage), ("servicebus", bus)) if wanted]
    return found | ({"depends_on": needed} if needed else {})


def _buses(function: Any) -> list[Any]:
    return [each for each in (function.trigger, *function.outputs) if each.type.lower().startswith("servicebus")]


def _text(value: str | Secret) -> str:
    """A dollar sign would be read as the start of a variable."""
    if isinstance(value, Secret):
        return f"${{{value.variable}:?set it to the secret}}"
    return value.replace("$", "$$")


def _account() -> str:
    endpoints = "".join(f"{name}Endpoint=http://azurite:{port}/{ACCOUNT};" for name, port in _PORTS.items())
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{endpoints}"


def _azurite() -> dict[str, Any]:
    listening = "--blobHost 0.0.0.0 --queueHost 0.0.0.0 --tableHost 0.0.0.0"
    return {
        "image": _AZURITE,
        "command": f"azurite {listening} --location /data --disableTelemetry --skipApiVersionCheck",
        "volumes": ["azurite:/data"],
        # Where blobs are dropped and answers are fetched, and where the app keeps its keys.
        "ports": [f"127.0.0.1:${{AZURITE_{name.upper()}_PORT:-{port}}}:{port}" for name, port in _PORTS.items()],
    }


def _bus() -> dict[str, dict[str, Any]]:
    common = {"ACCEPT_EULA": "Y", "MSSQL_SA_PASSWORD": _PASSWORD}
    return {
        "servicebus": {
            "image": _BUS,
            "environment": {"SQL_SERVER": "sql", **common},
            "volumes": ["./Config.json:/ServiceBus_Emulator/ConfigFiles/Config.json:ro"],
            "depends_on": ["sql"],
        },
        "sql": {"image": _SQL, "environment": common},
    }
