"""Put events into a storage account and fetch answers from it: a folder or an Azure account alike."""

import os
from pathlib import Path
from typing import Protocol

from infra.errors import NotRunning

FOLDER_SCHEME = "folder:"


class Storage(Protocol):
    """One storage account, as a client of the app sees it."""

    def put(self, container: str, name: str, data: bytes) -> None:
        """Write a blob, replacing an older one; its container is made when missing."""
        ...

    def get(self, container: str, name: str) -> bytes | None:
        """The content of a blob; None when there is none."""
        ...

    def place(self, path: str) -> str:
        """What a person calls the place of the blob path `path`: a file path or a URL."""
        ...


class FolderStorage:
    """A local folder as the account: container = sub-folder, blob = file below it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, container: str, name: str, data: bytes) -> None:
        target = self._root / container / name
        target.parent.mkdir(parents=True, exist_ok=True)
        # Closing a file is what the app waits for; one moved here from elsewhere must first prove to be whole.
        target.write_bytes(data)

    def get(self, container: str, name: str) -> bytes | None:
        try:
            return (self._root / container / name).read_bytes()
        except FileNotFoundError:
            return None

    def place(self, path: str) -> str:
        return str(self._root / path)


class AccountStorage:
    """An Azure storage account or an emulator, by its connection string."""

    def __init__(self, connection_string: str, *, retries: int = 3) -> None:
        from azure.storage.blob import BlobServiceClient

        self._client = BlobServiceClient.from_connection_string(connection_string, retry_total=retries)

    def put(self, container: str, name: str, data: bytes) -> None:
        from azure.core.exceptions import AzureError, ResourceExistsError

        try:
            self._client.create_container(container)
        except ResourceExistsError:
            pass
        except AzureError as cause:
            raise NotRunning(f"The storage account at {self._client.url} does not take blobs: {cause}") from cause
        self._client.get_blob_client(container, name).upload_blob(data, overwrite=True)

    def get(self, container: str, name: str) -> bytes | None:
        from azure.core.exceptions import ResourceNotFoundError

        try:
            return self._client.get_blob_client(container, name).download_blob().readall()
        except ResourceNotFoundError:
            return None

    def place(self, path: str) -> str:
        return f"{self._client.url.rstrip('/')}/{path}"


def open_storage(connection: str) -> Storage:
    """The account that a connection setting names: `folder:/path` or a storage connection string."""
    if connection.startswith(FOLDER_SCHEME):
        return FolderStorage(Path(connection.removeprefix(FOLDER_SCHEME)))
    return AccountStorage(connection)


def folder_connection(folder: Path) -> str:
    """The connection setting that makes `folder` the storage account; the folder is made when missing."""
    folder.mkdir(parents=True, exist_ok=True)
    return f"{FOLDER_SCHEME}{os.fspath(folder.resolve())}"
