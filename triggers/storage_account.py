"""What an app setting says about a storage account: its connection string, service URL and credential."""

import base64
from collections.abc import Callable
from importlib import import_module
from typing import Any

from triggers.connections import Connection
from triggers.errors import ConnectionNotConfigured

# Azurite's published account, which every emulator has.
_AZURITE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;"
    "QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
    "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;"
)


def connection_string(connection: Connection, service: str) -> str:
    """The text for the SDK of `service` (`blob`, `queue`, `table`); raises ConnectionNotConfigured for any other."""
    text = connection.text.strip()
    if text.rstrip(";").lower() == "usedevelopmentstorage=true":
        return _AZURITE
    parts = {key.strip().lower(): value for key, _, value in (part.partition("=") for part in text.split(";"))}
    keyed = "accountname" in parts and _is_base64(parts.get("accountkey", ""))
    signed = "sharedaccesssignature" in parts and not parts.keys().isdisjoint({"accountname", f"{service}endpoint"})
    if not keyed and not signed:
        raise ConnectionNotConfigured(
            f"The app setting {connection.setting!r}, which {connection.wanted_by} connects with, is no connection "
            f"string of a storage account: it needs AccountName and a whole AccountKey, or {service.title()}Endpoint "
            "and SharedAccessSignature."
        )
    return text


def service_url(connection: Connection, service: str) -> str:
    """The URL of `service` that a section of settings names; raises ConnectionNotConfigured when it names none."""
    section = connection.section
    for key in (f"{service}serviceuri", "serviceuri", "endpoint"):
        if key in section:
            return section[key]
    if "accountname" in section:
        return f"https://{section['accountname']}.{service}.core.windows.net"
    raise ConnectionNotConfigured(
        f"The app settings '{connection.setting}__...', which {connection.wanted_by} connects with, name no account; "
        f"set '{connection.setting}__{service}ServiceUri' or '{connection.setting}__accountName'."
    )


def credential_maker(connection: Connection, module: str = "azure.identity.aio") -> Callable[[], Any]:
    """Makes the token credential that a section of settings asks for; raises ConnectionNotConfigured at once.

    It is one for asynchronous clients; `module="azure.identity"` gives one for the others.
    """
    try:
        identity = import_module(module)
    except ImportError as missing:
        raise ConnectionNotConfigured(
            f"The app settings '{connection.setting}__...' ask for a managed identity, but azure-identity is not "
            f"installed. Install it, or set {connection.setting!r} to a connection string."
        ) from missing
    section = connection.section
    tenant, client, secret = (section.get(key) for key in ("tenantid", "clientid", "clientsecret"))
    kind = section.get("credential", "").lower()
    if kind == "managedidentity":
        resource = section.get("managedidentityresourceid")
        chosen = {"identity_config": {"resource_id": resource}} if resource else {"client_id": client}
        return lambda: identity.ManagedIdentityCredential(**chosen)
    if kind == "workloadidentity":
        given = {"tenant_id": tenant, "client_id": client, "token_file_path": section.get("tokenfilepath")}
        return lambda: identity.WorkloadIdentityCredential(**{key: value for key, value in given.items() if value})
    if tenant and client and secret:
        return lambda: identity.ClientSecretCredential(tenant, client, secret)
    return lambda: identity.DefaultAzureCredential(managed_identity_client_id=client)


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except ValueError:
        return False
