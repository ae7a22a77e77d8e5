"""Open the storage account that a connection means: Azure, Azurite, or a local folder."""

import base64
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from triggers.blob_receipts import CONTAINER
from triggers.blob_store import BlobAccount
from triggers.connections import Connection, find_connection
from triggers.errors import ConnectionNotConfigured

HOST_SETTING = "AzureWebJobsStorage"
"""The setting of the host's own account: receipts are kept there, and bindings without a connection use it."""

_FOLDER = "folder:"
# Azurite's published account, which every emulator has.
_AZURITE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;"
)


def find_account(settings: Mapping[str, str], name: str, *, wanted_by: str) -> Connection:
    """The connection of a storage binding; raises ConnectionNotConfigured."""
    return find_connection(settings, name, default=HOST_SETTING, wanted_by=wanted_by)


def open_account(connection: Connection) -> BlobAccount:
    """The account behind the connection; nothing is sent yet. Raises ConnectionNotConfigured."""
    if connection.text.startswith(_FOLDER):
        return _folder_account(connection)
    try:
        import_module("azure.storage.blob.aio")
        import_module("aiohttp")
    except ImportError as missing:
        raise ConnectionNotConfigured(
            f"{connection.wanted_by} uses an Azure storage account, but {missing.name!r} is not installed; "
            "install functions-packager[blob]."
        ) from missing
    from triggers.azure_blobs import AzureBlobs, AzureConnection, AzureLedger

    if connection.section:
        azure = AzureConnection.from_url(_service_url(connection), _credential(connection))
    else:
        azure = AzureConnection.from_connection_string(_connection_string(connection))
    return BlobAccount(blobs=AzureBlobs(azure), ledger=AzureLedger(azure, CONTAINER))


def _folder_account(connection: Connection) -> BlobAccount:
    from triggers.folder_ledger import FolderLedger
    from triggers.local_folder import LocalFolder

    root = Path(connection.text.removeprefix(_FOLDER))
    if not root.is_absolute():
        raise ConnectionNotConfigured(
            f"The app setting {connection.setting!r} names the folder {str(root)!r}; it must be an absolute path, "
            "as in 'folder:/data/storage'."
        )
    return BlobAccount(blobs=LocalFolder(root), ledger=FolderLedger(root, CONTAINER))


def _connection_string(connection: Connection) -> str:
    text = connection.text.strip()
    if text.rstrip(";").lower() == "usedevelopmentstorage=true":
        return _AZURITE
    parts = {key.strip().lower(): value for key, _, value in (part.partition("=") for part in text.split(";"))}
    keyed = "accountname" in parts and _is_base64(parts.get("accountkey", ""))
    signed = "sharedaccesssignature" in parts and not parts.keys().isdisjoint({"accountname", "blobendpoint"})
    if not keyed and not signed:
        raise ConnectionNotConfigured(
            f"The app setting {connection.setting!r}, which {connection.wanted_by} connects with, is no connection "
            "string of a storage account: it needs AccountName and a whole AccountKey, or BlobEndpoint and "
            "SharedAccessSignature."
        )
    return text


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except ValueError:
        return False


def _service_url(connection: Connection) -> str:
    section = connection.section
    for key in ("blobserviceuri", "serviceuri", "endpoint"):
        if key in section:
            return section[key]
    if "accountname" in section:
        return f"https://{section['accountname']}.blob.core.windows.net"
    raise ConnectionNotConfigured(
        f"The app settings '{connection.setting}__...', which {connection.wanted_by} connects with, name no account; "
        f"set '{connection.setting}__blobServiceUri' or '{connection.setting}__accountName'."
    )


def _credential(connection: Connection) -> Any:
    try:
        identity = import_module("azure.identity.aio")
    except ImportError as missing:
        raise ConnectionNotConfigured(
            f"The app settings '{connection.setting}__...' ask for a managed identity, but azure-identity is not "
            f"installed. Install it, or set {connection.setting!r} to a connection string."
        ) from missing
    client_id = connection.section.get("clientid")
    if connection.section.get("credential", "").lower() == "managedidentity":
        return identity.ManagedIdentityCredential(client_id=client_id)
    return identity.DefaultAzureCredential(managed_identity_client_id=client_id)
