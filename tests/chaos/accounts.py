"""The storage account that two hosts share: Azurite on a disk, or a local folder."""

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from infra.emulators import Azurite

QUEUE = "orders"


class Account(Protocol):
    """Where events are dropped and answers are found."""

    connection: str
    """What the app setting says."""
    has_queues: bool

    def drop_blob(self, name: str, order: dict[str, object]) -> None: ...

    def send_message(self, name: str, order: dict[str, object]) -> None: ...

    def answers(self) -> dict[str, bytes]:
        """What is in `output`."""
        ...


class FolderAccount:
    """A local folder."""

    has_queues = False

    def __init__(self, root: Path) -> None:
        self._root = root
        self.connection = f"folder:{root}"
        (root / "input").mkdir(parents=True)

    def drop_blob(self, name: str, order: dict[str, object]) -> None:
        (self._root / "input" / f"{name}.json").write_text(json.dumps(order))

    def send_message(self, name: str, order: dict[str, object]) -> None:
        raise NotImplementedError("A folder account has no queues.")

    def answers(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self._root / "output").glob("*")}


class AzureAccount:
    """A storage account behind a connection string."""

    has_queues = True

    def __init__(self, connection: str, stack: ExitStack) -> None:
        self.connection = connection
        blobs = stack.enter_context(BlobServiceClient.from_connection_string(connection))
        queues = stack.enter_context(QueueServiceClient.from_connection_string(connection))
        self._input, self._output = blobs.get_container_client("input"), blobs.get_container_client("output")
        self._queue = queues.get_queue_client(QUEUE)
        for make in (self._input.create_container, self._queue.create_queue):
            try:
                make()
            except ResourceExistsError:
                continue

    def drop_blob(self, name: str, order: dict[str, object]) -> None:
        self._input.upload_blob(f"{name}.json", json.dumps(order))

    def send_message(self, name: str, order: dict[str, object]) -> None:
        self._queue.send_message(base64.b64encode(json.dumps({**order, "name": name}).encode()).decode())

    def answers(self) -> dict[str, bytes]:
        try:
            names = list(self._output.list_blob_names())
        except ResourceNotFoundError:
            return {}
        return {name: self._output.download_blob(name).readall() for name in names}


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Account]:
    """An empty account of that kind with its data below `folder`."""
    if kind == "folder":
        yield FolderAccount(folder)
        return
    with ExitStack() as stack:
        azurite = stack.enter_context(Azurite(folder))
        yield AzureAccount(azurite.connection_string, stack)
