"""From what people write as `workspace=` or `--registry` to a model registry."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from packager import config
from packager.errors import InvalidModel, RegistryUnavailable
from packager.models.contract import ModelRegistry
from packager.models.local import LocalModelRegistry

BLOB = "blob:"
CONNECTION = "ModelsConnectionString"
"""The app setting with the storage account of `blob:<container>`."""
_FOLDER = "folder:"
# The SDK's own pauses (15 s and more) are longer than people wait for a command.
_OPTIONS: dict[str, Any] = {"initial_backoff": 1, "increment_base": 1, "retry_total": 3, "connection_timeout": 10}


@runtime_checkable
class HasModelRegistry(Protocol):
    """A workspace: something with a registry of models."""

    @property
    def model_registry(self) -> ModelRegistry: ...


Registry = ModelRegistry | HasModelRegistry | str | Path | None
"""Whatever open_registry() takes."""


def open_registry(workspace: Registry = None, settings: Mapping[str, str] | None = None) -> ModelRegistry:
    """The registry that is meant.

    That is a ModelRegistry itself, the `model_registry` of a workspace, a folder, or `blob:<container>`: a container
    of the storage account in the app setting `ModelsConnectionString` (`blob:<container>@<setting>` for another one),
    looked up in `settings` or else in the environment: a connection string, `<setting>__accountName` for a managed
    identity, or `folder:/path`. None is `$PACKAGER_REGISTRY`, or else a folder in the packager's home.

    Nothing is reached yet. Raises InvalidModel for anything else, RegistryUnavailable without a connection.
    """
    if workspace is None:
        workspace = config.model_registry()
    if workspace is None:
        return LocalModelRegistry()
    if isinstance(workspace, str) and workspace.startswith(BLOB):
        return _blob_registry(workspace.removeprefix(BLOB), config.settings() if settings is None else settings)
    if isinstance(workspace, str | Path):
        return LocalModelRegistry(str(workspace).removeprefix(_FOLDER))
    if isinstance(workspace, HasModelRegistry):
        return workspace.model_registry
    if not callable(getattr(workspace, "versions", None)):
        raise InvalidModel(
            f"{workspace!r} is no model registry: give a folder, 'blob:<container>', a ModelRegistry, a workspace, or "
            "None for the models on this machine."
        )
    return workspace


def _blob_registry(name: str, settings: Mapping[str, str]) -> ModelRegistry:
    from triggers.connections import FOLDER, find_connection, folder_of
    from triggers.errors import TriggerError

    container, _, setting = name.partition("@")
    try:
        connection = find_connection(
            settings, setting, default=CONNECTION, wanted_by=f"the model registry '{BLOB}{container}'"
        )
        if connection.text.startswith(FOLDER):
            return LocalModelRegistry(folder_of(connection) / container)
        return _in_account(container, connection)
    except TriggerError as error:
        raise RegistryUnavailable(str(error)) from error


def _in_account(container: str, connection: Any) -> ModelRegistry:
    try:
        from azure.storage.blob import ContainerClient

        from packager.models.blob import BlobModelRegistry
    except ImportError as error:
        raise RegistryUnavailable(
            f"The model registry '{BLOB}{container}' needs azure-storage-blob; install 'functions-packager[blob]'."
        ) from error
    from triggers.storage_account import connection_string, credential_maker, service_url

    try:
        if not connection.section:
            text = connection_string(connection, "blob")
            return BlobModelRegistry(ContainerClient.from_connection_string(text, container, **_OPTIONS))
        url, credential = service_url(connection, "blob"), credential_maker(connection, "azure.identity")()
        return BlobModelRegistry(ContainerClient(url, container, credential=credential, **_OPTIONS))
    except ValueError as error:
        raise RegistryUnavailable(f"The model registry '{BLOB}{container}' cannot be used: {error}") from error
