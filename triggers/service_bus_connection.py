"""Open the Service Bus namespace that a connection means: by a connection string, an identity, or the local bus."""

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from triggers.connections import Connection, find_connection
from triggers.errors import ConnectionNotConfigured
from triggers.service_bus_bus import Bus
from triggers.service_bus_settings import ServiceBusSettings

DEFAULT_CONNECTION = "ServiceBus"
"""The connection of bindings that name none: Azure's host looks for `AzureWebJobsServiceBus`."""

_WAY_OUT = (
    "Set it to the connection string of a Service Bus namespace ('Endpoint=sb://...'), or set "
    "'{0}__fullyQualifiedNamespace' to connect with an identity."
)


def open_namespace(app_settings: Mapping[str, str], name: str, settings: ServiceBusSettings, *, wanted_by: str) -> Bus:
    """The namespace behind the connection `name`; nothing is sent yet. Raises ConnectionNotConfigured."""
    connection = _checked(app_settings, name, wanted_by)
    from triggers.service_bus_client import ServiceBus

    return ServiceBus(connection, settings)


def open_bus(app_settings: Mapping[str, str], name: str, *, wanted_by: str) -> Any:
    """The SDK's own asynchronous client of that namespace, for what triggers and outputs do not do.

    Raises ConnectionNotConfigured.
    """
    connection = _checked(app_settings, name, wanted_by)
    from triggers.service_bus_client import sdk_client

    return sdk_client(connection, {})


def _checked(app_settings: Mapping[str, str], name: str, wanted_by: str) -> Connection:
    wanted = name or DEFAULT_CONNECTION
    way_out = _WAY_OUT.format(wanted)
    connection = find_connection(app_settings, name, default=wanted, wanted_by=wanted_by, way_out=way_out)
    try:
        import_module("azure.servicebus.aio")
    except ImportError as missing:
        raise ConnectionNotConfigured(
            f"{wanted_by} uses Service Bus, but {missing.name!r} is not installed; "
            "install functions-packager[service_bus]."
        ) from missing
    if connection.section:
        namespace(connection)
    else:
        check_connection_string(connection)
    return connection


def namespace(connection: Connection) -> str:
    """The host name that a section of settings names; raises ConnectionNotConfigured."""
    name = connection.section.get("fullyqualifiednamespace", "")
    # People paste it as a URL.
    name = re.sub(r"^[a-z]+://", "", name.strip()).rstrip("/")
    if not name:
        raise ConnectionNotConfigured(
            f"The app settings '{connection.setting}__...', which {connection.wanted_by} connects with, name no "
            f"namespace; set '{connection.setting}__fullyQualifiedNamespace', or {connection.setting!r} to a "
            "connection string."
        )
    return name


def check_connection_string(connection: Connection) -> None:
    """Raise ConnectionNotConfigured unless the client would take it."""
    parts = {key.strip().lower(): value for key, _, value in (p.partition("=") for p in connection.text.split(";"))}
    keyed = parts.get("sharedaccesskeyname") and parts.get("sharedaccesskey")
    if not parts.get("endpoint") or not (keyed or parts.get("sharedaccesssignature")):
        raise ConnectionNotConfigured(
            f"The app setting {connection.setting!r}, which {connection.wanted_by} connects with, is no connection "
            "string of a Service Bus namespace: it needs Endpoint, and SharedAccessKeyName with SharedAccessKey or "
            "SharedAccessSignature."
        )
