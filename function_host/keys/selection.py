"""Choose where an app's keys are kept, as its settings say."""

import logging
from collections.abc import Mapping
from pathlib import Path

from function_host.errors import ConfigError
from function_host.keys.blob import CONTAINER, BlobKeyStore
from function_host.keys.contract import KeyStore
from function_host.keys.files import FileKeyStore
from function_host.keys.memory import MemoryKeyStore
from function_host.keys.mounted import FOLDER as MOUNTED
from function_host.keys.mounted import MountedKeyStore
from triggers.blob_account import HOST_SETTING, host_account, open_account
from triggers.connections import FOLDER, Connection
from triggers.errors import ConnectionNotConfigured

_log = logging.getLogger("Host.Keys")

TYPE_SETTING = "AzureWebJobsSecretStorageType"
PATH_SETTING = "FUNCTIONS_SECRETS_PATH"
_SECRET = "AzureWebJobsKubernetesSecretName"  # noqa: S105 - a setting's name


def choose_key_store(settings: Mapping[str, str], host_id: str, started_in: Path) -> KeyStore:
    """The store that `AzureWebJobsSecretStorageType` names, else the best one that the settings make possible.

    Unasked, that is the folder `FUNCTIONS_SECRETS_PATH`, else the account or folder of `AzureWebJobsStorage`, else
    memory. A relative path is taken from `started_in`. Nothing is read yet. Raises ConfigError.
    """
    known = {name.lower(): value for name, value in settings.items()}
    kind, path = known.get(TYPE_SETTING.lower(), "").lower(), known.get(PATH_SETTING.lower(), "")
    connection = host_account(settings, wanted_by="the host's keys")
    folder = started_in / path if path else _below(connection, host_id)
    if kind not in ("", "files", "blob", "kubernetes"):
        raise ConfigError(
            f"The app setting {TYPE_SETTING!r} is {kind!r}, which this host does not have. Set it to 'files' with "
            f"{PATH_SETTING!r}, to 'blob' with {HOST_SETTING!r}, to 'kubernetes' with keys in {MOUNTED}, or remove it."
        )
    if kind == "kubernetes":
        return _mounted_store(known.get(_SECRET.lower(), ""), started_in / path if path else MOUNTED)
    if kind == "blob":
        return _blob_store(connection, host_id)
    if folder is not None:
        return FileKeyStore(folder)
    if kind == "files":
        raise ConfigError(
            f"The app setting {TYPE_SETTING!r} is 'files', but {PATH_SETTING!r} names no folder for them; set it."
        )
    return _blob_store_or_memory(connection, host_id)


def _mounted_store(secret: str, folder: Path) -> KeyStore:
    if secret:
        raise ConfigError(
            f"The app setting {_SECRET!r} is {secret!r}, but this host does not ask the cluster. Mount that Secret at "
            f"{folder} and remove the setting."
        )
    return MountedKeyStore(folder)


def _below(connection: Connection | None, host_id: str) -> Path | None:
    """The place for keys in an account that is a local folder."""
    if connection is None or not connection.text.startswith(FOLDER):
        return None
    return Path(connection.text.removeprefix(FOLDER)) / CONTAINER / host_id


def _blob_store(connection: Connection | None, host_id: str) -> KeyStore:
    if connection is None or connection.text.startswith(FOLDER):
        raise ConfigError(
            f"The app setting {TYPE_SETTING!r} is 'blob', but {HOST_SETTING!r} is no storage account; set it to a "
            "connection string."
        )
    try:
        return BlobKeyStore(open_account(connection).blobs, host_id)
    except ConnectionNotConfigured as error:
        raise ConfigError(str(error)) from error


def _blob_store_or_memory(connection: Connection | None, host_id: str) -> KeyStore:
    """Nobody asked for keys to be kept in the account: one that cannot be used must not stop the app."""
    if connection is None:
        return MemoryKeyStore()
    try:
        return _blob_store(connection, host_id)
    except ConfigError as error:
        _log.warning("Keys are kept in memory and end with this host: %s", error)
        return MemoryKeyStore()
