"""What Azure's own host left in an account is respected here, and it would understand what this host leaves there."""

import asyncio
import base64
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from tests.conformance.test_blob import Azure, Folder, Instances, account, instances
from triggers.blob_store import newest
from triggers.folder_ledger import FolderLedger
from triggers.folder_queues import FolderQueues
from triggers.http_body import whole
from triggers.local_folder import LocalFolder

pytestmark = pytest.mark.real_time

__all__ = ["account", "instances"]

HOSTS = "azure-webjobs-hosts"
POISON = "webjobs-blobtrigger-poison"
FIELDS = ["Type", "FunctionId", "BlobType", "ContainerName", "BlobName", "ETag"]
TWO_ATTEMPTS = json.dumps({"version": "2.0", "extensions": {"blobs": {"poisonBlobThreshold": 2}}})


class FolderHosts:
    """What hosts keep in a local folder. Receipts are entries there; the rest are files and messages."""

    def __init__(self, account: Folder) -> None:
        root = Path(account.connection.removeprefix("folder:"))
        self._blobs, self._ledger, self._queues = LocalFolder(root), FolderLedger(root, HOSTS), FolderQueues(root)
        self._container, self.name = account.container, self._blobs.account

    async def etag(self, name: str) -> str:
        return (await self._blobs.facts(self._container, name)).version

    async def lay_receipt(self, name: str, metadata: Mapping[str, str]) -> None:
        await self._ledger.put(name, metadata)

    async def receipt(self, name: str) -> Mapping[str, str] | None:
        entry = await self._ledger.read(name)
        return None if entry is None else entry.facts

    async def lay(self, name: str, text: str) -> None:
        await self._blobs.write(HOSTS, name, text.encode(), "application/json")

    async def text(self, name: str) -> str | None:
        content = await self._blobs.read(newest(HOSTS, name))
        return None if content is None else whole(content.data).decode()

    async def send(self, queue: str, text: str) -> None:
        await self._queues.send(queue, text)

    async def messages(self, queue: str) -> Sequence[str]:
        return [message.text for message in await self._queues.peek(queue, 32)]


class AzureHosts:
    """What hosts keep in a storage account, by the bare SDK."""

    name = "devstoreaccount1"

    def __init__(self, account: Azure) -> None:
        service = BlobServiceClient.from_connection_string(account.connection)
        self._input, self._hosts = service.get_container_client(account.container), service.get_container_client(HOSTS)
        if not self._hosts.exists():
            self._hosts.create_container()
        self._queues = QueueServiceClient.from_connection_string(account.connection)

    async def etag(self, name: str) -> str:
        return self._input.get_blob_client(name).get_blob_properties().etag

    async def lay_receipt(self, name: str, metadata: Mapping[str, str]) -> None:
        self._hosts.upload_blob(name, b"", metadata=dict(metadata))

    async def receipt(self, name: str) -> Mapping[str, str] | None:
        try:
            found = self._hosts.get_blob_client(name).get_blob_properties()
        except ResourceNotFoundError:
            return None
        assert found.size == 0
        return found.metadata

    async def lay(self, name: str, text: str) -> None:
        self._hosts.upload_blob(name, text.encode())

    async def text(self, name: str) -> str | None:
        try:
            return self._hosts.download_blob(name).readall().decode()
        except ResourceNotFoundError:
            return None

    async def send(self, queue: str, text: str) -> None:
        client = self._queues.get_queue_client(queue)
        if queue not in [found.name for found in self._queues.list_queues(name_starts_with=queue)]:
            client.create_queue()
        client.send_message(text)

    async def messages(self, queue: str) -> Sequence[str]:
        try:
            return [message.content for message in self._queues.get_queue_client(queue).peek_messages(32)]
        except ResourceNotFoundError:
            return []


class World:
    """The names that Azure's own host gives what it keeps for the function `work`."""

    def __init__(self, account: Folder | Azure, instances: Instances) -> None:
        self.account, self.instances = account, instances
        self.hosts = FolderHosts(account) if isinstance(account, Folder) else AzureHosts(account)
        host_id = instances.host_id
        self.queue = f"azure-webjobs-blobtrigger-{host_id}"
        self.cursor = f"blobscaninfo/{host_id}/{self.hosts.name}/{account.container}/scanInfo"
        self.lock = f"locks/{host_id}/WebJobs.Internal.Blobs.Listener"

    def receipt_name(self, name: str, etag: str) -> str:
        function = f"blobreceipts/{self.instances.host_id}/Host.Functions.work"
        return f"{function}/{etag}/{self.account.container}/{name}"

    async def lay_receipt(self, name: str, *, done: bool) -> None:
        metadata = {} if done else {"Incomplete": "Incomplete"}
        await self.hosts.lay_receipt(self.receipt_name(name, await self.hosts.etag(name)), metadata)

    async def receipt(self, name: str) -> Mapping[str, str] | None:
        return await self.hosts.receipt(self.receipt_name(name, await self.hosts.etag(name)))

    async def lay_message(self, name: str, etag: str, function: str = "Host.Functions.work") -> None:
        values = ["BlobTrigger", function, "BlockBlob", self.account.container, name, etag]
        document = json.dumps(dict(zip(FIELDS, values, strict=True)), indent=2)
        await self.hosts.send(self.queue, base64.b64encode(document.encode()).decode())

    async def message(self, queue: str) -> Mapping[str, object]:
        """The one message of this container, once it is there for everybody."""
        async with asyncio.timeout(30):
            while not (found := await self._ours(queue)):  # noqa: ASYNC110 - the account tells of nothing
                await asyncio.sleep(0.05)
        (message,) = found
        return message

    async def is_empty(self) -> None:
        """Returns when nothing is left in the control queue."""
        async with asyncio.timeout(10):
            while await self.hosts.messages(self.queue):  # noqa: ASYNC110 - the account tells of nothing
                await asyncio.sleep(0.05)

    async def _ours(self, queue: str) -> Sequence[Mapping[str, object]]:
        documents = [json.loads(base64.b64decode(text)) for text in await self.hosts.messages(queue)]
        return [document for document in documents if document["ContainerName"] == self.account.container]


@pytest.fixture
def world(account, instances) -> World:
    account.make()
    return World(account, instances)


async def test_receipts_of_azures_host_are_respected(world):
    for name in ("done", "begun", "new"):
        world.account.write(f"{name}.json", name.encode())
    await world.lay_receipt("done.json", done=True)
    await world.lay_receipt("begun.json", done=False)
    await world.instances.start()
    expected = [("begun.json", "begun"), ("new.json", "new")]
    await world.instances.have_run(*expected)
    # A version of which nobody noted anything is run, whatever was noted of the one before.
    world.account.write("done.json", b"again")
    await world.instances.have_run(*expected, ("done.json", "again"))
    async with asyncio.timeout(10):
        while await world.receipt("begun.json") != {}:  # noqa: ASYNC110 - the account tells of nothing
            await asyncio.sleep(0.02)


async def test_what_azures_host_left_in_its_queue_is_run_once(world):
    """Its receipts say done as soon as the message is sent."""
    for name in ("long", "short", "gone", "old"):
        world.account.write(f"{name}.json", name.encode())
        await world.lay_receipt(f"{name}.json", done=True)
    etags = {name: await world.hosts.etag(f"{name}.json") for name in ("long", "short", "gone", "old")}
    for name, etag in etags.items():
        await world.lay_message(f"{name}.json", etag, "work" if name == "short" else "Host.Functions.work")
    await world.lay_message("long.json", etags["long"], "Host.Functions.nobody")
    world.account.delete("gone.json")
    world.account.write("old.json", b"newer")
    await world.instances.start()
    await world.instances.have_run(("long.json", "long"), ("short.json", "short"), ("old.json", "newer"))
    await world.is_empty()
    assert len(world.instances.runs) == 3


async def test_where_azures_host_has_searched_is_not_searched_again(world):
    """The margin of 30 seconds is for clocks that differ."""
    for name in ("before", "queued"):
        world.account.write(f"{name}.json", name.encode())
    await world.lay_receipt("queued.json", done=True)
    searched = datetime.now(UTC) + timedelta(seconds=40)
    await world.hosts.lay(world.cursor, json.dumps({"LatestScan": f"{searched:%Y-%m-%dT%H:%M:%S.000Z}"}))
    await world.instances.start()
    await asyncio.sleep(0.5)
    await world.lay_message("queued.json", await world.hosts.etag("queued.json"))
    await world.instances.have_run(("queued.json", "queued"))


async def test_azures_host_would_take_what_is_done_for_done(world):
    before = datetime.now(UTC)
    host = await world.instances.start()
    world.account.write("a/b c.json", b"1")
    await world.instances.have_run(("a/b c.json", "1"))
    await host.stop()
    etag = await world.hosts.etag("a/b c.json")
    assert (etag[0], etag[-1]) == ('"', '"')
    # It asks for a receipt of that name, and for the key Incomplete among its metadata.
    assert await world.receipt("a/b c.json") == {}
    text = await world.hosts.text(world.cursor)
    assert re.fullmatch(r'\{"LatestScan": ?"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"\}', text or "")
    # What came while the last search was under way may not lie behind the cursor.
    latest = datetime.fromisoformat(json.loads(text)["LatestScan"])
    assert before - timedelta(seconds=60) < latest < datetime.now(UTC) - timedelta(seconds=25)
    assert await world.hosts.text(world.lock) == ""


async def test_azures_host_would_run_what_waits_for_its_next_attempt(world):
    host = await world.instances.start()
    world.account.write("a.json", b"bad")
    await world.instances.have_run(("a.json", "bad"))
    await host.stop()
    message = dict(await world.message(world.queue))
    etag = await world.hosts.etag("a.json")
    # Fields of ours follow those it knows.
    assert list(message)[: len(FIELDS)] == FIELDS
    assert [message.pop(field) for field in FIELDS] == [
        "BlobTrigger", "Host.Functions.work", "BlockBlob", world.account.container, "a.json", etag
    ]  # fmt: skip
    assert (message.pop("Attempts"), message.pop("Noted")) == (1, True)
    assert message.keys() <= {"Seen"}
    receipt = await world.receipt("a.json")
    assert receipt is not None
    assert (receipt["Incomplete"], receipt.keys()) == ("Incomplete", {"Incomplete", "Queued"})


async def test_row_57_what_always_fails_is_run_five_times_and_is_poisoned(world):
    # The pauses between five attempts take eight seconds: once is enough.
    attempts = 5 if isinstance(world.hosts, FolderHosts) else 2
    await world.instances.start("" if attempts == 5 else TWO_ATTEMPTS)
    world.account.write("a.json", b"bad")
    etag = await world.hosts.etag("a.json")
    message = await world.message(POISON)
    assert world.instances.runs == [("a.json", "bad")] * attempts
    values = ["BlobTrigger", "Host.Functions.work", "BlockBlob", world.account.container, "a.json", etag]
    assert list(message.items()) == list(zip(FIELDS, values, strict=True))
    async with asyncio.timeout(10):
        while await world.receipt("a.json") != {"Poisoned": "Poisoned", "Attempt": str(attempts)}:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    # It reads that, having no Incomplete, as done; so does this host.
    world.account.write("b.json", b"2")
    await world.instances.have_run(*[("a.json", "bad")] * attempts, ("b.json", "2"))
