"""The account of the many blobs, as an outsider sees it: Azurite that is killed on its disk, or a local folder."""

import base64
import json
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient

from infra.emulators import Azurite
from tests.benchmarks.access_log import requests
from tests.benchmarks.accounts import AzureAccount
from tests.chaos.hosts import HOST_ID
from tests.chaos.many_app import FUNCTION

_RECEIPTS = f"blobreceipts/{HOST_ID}/Host.Functions.{FUNCTION}/"
_CONTROL, _POISON = f"azure-webjobs-blobtrigger-{HOST_ID}", "webjobs-blobtrigger-poison"
_PATIENCE = 60.0
_PAUSE = 0.2


class StormAccount(Protocol):
    """Names are those of the blobs, without suffix."""

    connection: str
    outages: list[tuple[float, float]]
    """From when to when the account was away."""

    def put(self, name: str, body: bytes, *, anew: bool = False) -> None:
        """Upload a blob once, however often the account goes away meanwhile; `anew` makes another version of it."""
        ...

    def crash(self) -> None:
        """The account itself is killed and started again."""
        ...

    def inputs(self) -> set[str]: ...

    def written(self) -> dict[str, set[str]]:
        """The names that have an output (`out`) and those that have an error file (`error`)."""
        ...

    def outputs(self, names: Collection[str]) -> dict[str, bytes]: ...

    def receipts(self) -> dict[str, Mapping[str, str]]:
        """What is noted of the versions that are there."""
        ...

    def poisoned(self) -> list[str]:
        """The blobs that the messages in the poison queue name."""
        ...

    def queued(self) -> int:
        """How many messages are in the control queue, hidden ones too."""
        ...

    def last_writes(self) -> dict[str, float]:
        """When each path was written for the last time, as far as the account said yes to it."""
        ...


class DiskAzurite:
    """Azurite with its data on a disk and every request in a log."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "access.log"
        folder.mkdir(parents=True)
        self._azurite = Azurite(folder / "data", log=self._log).start()
        self.connection = self._azurite.connection_string
        self.outages: list[tuple[float, float]] = []
        self._service = BlobServiceClient.from_connection_string(self.connection)
        self._service.create_container("input")
        # put() tries again by itself: the SDK would wait for minutes.
        self._eager = BlobServiceClient.from_connection_string(self.connection, retry_total=0)
        self._uploads = self._eager.get_container_client("input")
        self._bulk = AzureAccount(self.connection, 1)

    def put(self, name: str, body: bytes, *, anew: bool = False) -> None:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                self._uploads.upload_blob(f"{name}.json", body, overwrite=anew)
            except ResourceExistsError:
                return
            except AzureError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)
            else:
                return

    def crash(self) -> None:
        begun = time.time()
        self._azurite.kill()
        self._azurite.start()
        self.outages.append((begun, time.time()))

    def inputs(self) -> set[str]:
        return {name.removesuffix(".json") for name in self._service.get_container_client("input").list_blob_names()}

    def written(self) -> dict[str, set[str]]:
        return _by_suffix(self._bulk.answered(""))

    def outputs(self, names: Collection[str]) -> dict[str, bytes]:
        found = self._bulk.answers({f"{name}_out.json" for name in names})
        return {name.removesuffix("_out.json"): data for name, data in found.items()}

    def receipts(self) -> dict[str, Mapping[str, str]]:
        inputs = self._service.get_container_client("input").list_blobs()
        present = {f'"{blob.etag.strip(chr(34))}"/input/{blob.name}': blob.name for blob in inputs}
        own = self._service.get_container_client("azure-webjobs-hosts")
        noted = own.list_blobs(name_starts_with=_RECEIPTS, include=["metadata"])
        found = {blob.name.removeprefix(_RECEIPTS): blob.metadata or {} for blob in noted}
        return {name.removesuffix(".json"): found[key] for key, name in present.items() if key in found}

    def poisoned(self) -> list[str]:
        with QueueClient.from_connection_string(self.connection, _POISON) as queue:
            try:
                return [_blob(message.content) for message in queue.receive_messages(messages_per_page=32)]
            except ResourceNotFoundError:
                return []

    def queued(self) -> int:
        with QueueClient.from_connection_string(self.connection, _CONTROL) as queue:
            try:
                return queue.get_queue_properties().approximate_message_count or 0
            except ResourceNotFoundError:
                return 0

    def last_writes(self) -> dict[str, float]:
        noted = (one for one in requests(self._log) if one.method == "PUT" and one.status == 201)
        return {one.path: one.at.timestamp() for one in noted}

    def close(self) -> None:
        self._eager.close()
        self._service.close()
        self._azurite.stop()


class Folder:
    """A local folder; nobody can take it away."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.connection = f"folder:{root}"
        self.outages: list[tuple[float, float]] = []
        (root / "input").mkdir(parents=True)

    def put(self, name: str, body: bytes, *, anew: bool = False) -> None:
        (self._root / "input" / f"{name}.json").write_bytes(body)

    def crash(self) -> None:
        """There is nothing that could."""

    def inputs(self) -> set[str]:
        return {path.stem for path in (self._root / "input").iterdir()}

    def written(self) -> dict[str, set[str]]:
        return _by_suffix({path.name for path in (self._root / "output").glob("*")})

    def outputs(self, names: Collection[str]) -> dict[str, bytes]:
        return {name: (self._root / "output" / f"{name}_out.json").read_bytes() for name in names}

    def receipts(self) -> dict[str, Mapping[str, str]]:
        files = (self._root / "azure-webjobs-hosts" / _RECEIPTS).glob("*input*")
        noted = {unquote(file.name): json.loads(file.read_bytes())["facts"] for file in files}
        return {Path(name).stem: facts for name, facts in noted.items()}

    def poisoned(self) -> list[str]:
        return [_blob(file.read_text()) for file in self._messages(_POISON)]

    def queued(self) -> int:
        return len(self._messages(_CONTROL))

    def last_writes(self) -> dict[str, float]:
        return {}

    def close(self) -> None:
        """Nothing is open."""

    def _messages(self, queue: str) -> list[Path]:
        return list((self._root / ".queues" / queue).glob("[0-9]*"))


def opened(kind: str, folder: Path) -> DiskAzurite | Folder:
    """An empty account of that kind with its data below `folder`."""
    return Folder(folder) if kind == "folder" else DiskAzurite(folder)


def _blob(message: str) -> str:
    return Path(str(json.loads(base64.b64decode(message))["BlobName"])).stem


def _by_suffix(names: Collection[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {"out": set(), "error": set()}
    for name in names:
        stem, _, suffix = name.removesuffix(".json").rpartition("_")
        found.setdefault(suffix, set()).add(stem)
    return found
