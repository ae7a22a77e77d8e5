"""Open the storage account that a connection means: Azure, Azurite, or a local folder."""

from collections.abc import Mapping
from importlib import import_module

from triggers.blob_receipts import CONTAINER
from triggers.blob_store import BlobAccount
from triggers.connections import FOLDER, Connection, find_connection, folder_of
from triggers.errors import ConnectionNotConfigured
from triggers.lease import FileLease

HOST_SETTING = "AzureWebJobsStorage"
"""The setting of the host's own account: receipts are kept there, and bindings without a connection use it."""


def find_account(settings: Mapping[str, str], name: str, *, wanted_by: str) -> Connection:
    """The connection of a storage binding; raises ConnectionNotConfigured."""
    return find_connection(settings, name, default=HOST_SETTING, wanted_by=wanted_by)


def host_account(settings: Mapping[str, str], *, wanted_by: str) -> Connection | None:
    """The connection of the host's own account; None when the app has none."""
    try:
        return find_account(settings, "", wanted_by=wanted_by)
    except ConnectionNotConfigured:
        return None


def open_account(connection: Connection) -> BlobAccount:
    """The account behind the connection; nothing is sent yet. Raises ConnectionNotConfigured."""
    if connection.text.startswith(FOLDER):
        return _folder_account(connection)
    try:
        import_module("azure.storage.blob.aio")
        import_module("aiohttp")
    except ImportError as missing:
        raise ConnectionNotConfigured(
            f"{connection.wanted_by} uses an Azure storage account, but {missing.name!r} is not installed; "
            "install functions-packager[blob]."
        ) from missing
    from triggers.azure_blobs import AzureBlobs, AzureLedger, blob_service
    from triggers.azure_lease import AzureLease

    azure = blob_service(connection)
    return BlobAccount(
        blobs=AzureBlobs(azure),
        ledger=AzureLedger(azure, CONTAINER),
        lease=lambda container, name, times: AzureLease(azure, container, name, times),
    )


def _folder_account(connection: Connection) -> BlobAccount:
    from triggers.folder_ledger import FolderLedger
    from triggers.local_folder import LocalFolder

    root = folder_of(connection)
    return BlobAccount(
        blobs=LocalFolder(root),
        ledger=FolderLedger(root, CONTAINER),
        lease=lambda container, name, _: FileLease(root / container / name),
    )
