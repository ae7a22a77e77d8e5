"""Open the queues of the storage account that a connection means."""

import re
from collections.abc import Mapping
from importlib import import_module

from triggers.connections import FOLDER, Connection, find_connection, folder_of
from triggers.errors import ConnectionNotConfigured, InvalidOptions
from triggers.queue_store import QueueStore

HOST_SETTING = "AzureWebJobsStorage"
"""The setting of the host's own account, for bindings without a connection."""

_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*")


def open_queues(settings: Mapping[str, str], name: str, *, wanted_by: str) -> QueueStore:
    """The queues behind the connection `name`; nothing is sent yet. Raises ConnectionNotConfigured."""
    connection = find_connection(settings, name, default=HOST_SETTING, wanted_by=wanted_by)
    if connection.text.startswith(FOLDER):
        return _folder_queues(connection)
    try:
        import_module("azure.storage.queue.aio")
        import_module("aiohttp")
    except ImportError as missing:
        raise ConnectionNotConfigured(
            f"{connection.wanted_by} uses a storage queue, but {missing.name!r} is not installed; "
            "install functions-packager[queue]."
        ) from missing
    from triggers.azure_queues import AzureQueues

    return AzureQueues(connection)


def check_queue_name(name: str) -> str:
    """The name in lower case, as the service has it; raises InvalidOptions unless Azure would take it."""
    if not _NAME.fullmatch(name.lower()):
        raise InvalidOptions(
            f"{name!r} is no name of a queue: it has 3 to 63 letters, digits and single hyphens between them."
        )
    return name.lower()


def _folder_queues(connection: Connection) -> QueueStore:
    from triggers.folder_queues import FolderQueues

    return FolderQueues(folder_of(connection))
