"""triggers.blob_events"""

import asyncio
import base64
import json

import pytest

from tests.support.blob_hosts import Account, pulled
from triggers.blob_events import BlobEvents, created_blob, events_of_text
from triggers.blob_memory import MemoryLedger
from triggers.blob_messages import BlobMessage, control_queue
from triggers.blob_receipts import BlobReceipts, Receipt
from triggers.contract import Event
from triggers.errors import BlobRefused, SourceUnavailable, UnreadableMessage
from triggers.paths import BlobPath
from triggers.queue_memory import MemoryQueues

QUEUE = control_queue("host")


def created(name: str = "a.json", etag: str = "0x8D1", container: str = "input") -> dict[str, object]:
    """As Event Grid has it."""
    return {
        "topic": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/x",
        "subject": f"/blobServices/default/containers/{container}/blobs/{name}",
        "eventType": "Microsoft.Storage.BlobCreated",
        "id": "1",
        "data": {"api": "PutBlob", "eTag": etag, "contentLength": 2, "blobType": "BlockBlob", "url": "https://x/y"},
        "dataVersion": "",
        "metadataVersion": "1",
        "eventTime": "2024-01-01T00:00:00Z",
    }


def cloud(name: str = "a.json", etag: str = "0x8D1") -> dict[str, object]:
    """As CloudEvents have it."""
    given = created(name, etag)
    return {"specversion": "1.0", "type": given["eventType"], "subject": given["subject"], "data": given["data"]}


class Host:
    """One host that gets events."""

    def __init__(self, queues: type[MemoryQueues] | None = None, ledger: MemoryLedger | None = None) -> None:
        self.account = Account()
        self.account.ledger = ledger or self.account.ledger
        if queues is not None:
            self.account.queues = queues(self.account.ledger)
        self.source = self.account.source()
        parts = self.source._parts
        self.receipts = BlobReceipts(self.account.ledger, host_id="host", function="f", clock=self.account.clock)
        self.events = BlobEvents(self.account.path, self.receipts, parts.hub, function="f")

    @property
    def messages(self) -> list[BlobMessage]:
        return [BlobMessage.decode(text) for text in self.account.queues.texts(QUEUE) or ()]


@pytest.mark.parametrize("form", [created, cloud])
async def test_a_blob_that_an_event_tells_of_is_put_into_the_queue_once(form):
    host = Host()
    for _ in range(2):
        await host.events.take([form(), form("b.txt")])
        (message,) = host.messages[:1]
        assert message == BlobMessage(
            function="f", container="input", name="a.json", etag='"0x8D1"', noted=True
        )  # fmt: skip
        await host.receipts.note_done(message.blob)
    assert len(host.messages) == 1


async def test_events_of_one_blob_side_by_side_put_it_into_the_queue_once():
    host = Host()
    await asyncio.gather(*(host.events.take([created(), created()]) for _ in range(3)))
    assert len(host.messages) == 1
    assert host.account.receipts["input/a.json"]["Queued"]
    host.account.clock.forward(3600)
    await host.events.take([created()])
    assert len(host.messages) == 1


async def test_who_is_killed_before_the_message_is_sent_leaves_the_blob_to_the_next_event():
    host = Host()
    assert isinstance(await host.receipts.claim(created_blob(created()).blob), Receipt)
    await host.events.take([created()])
    assert host.messages == []
    host.account.clock.forward(61)
    await host.events.take([created()])
    assert len(host.messages) == 1


async def test_an_event_whose_message_could_not_be_sent_is_taken_when_it_comes_again():
    host = Host()
    host.account.queues.reachable = False
    with pytest.raises(SourceUnavailable):
        await host.events.take([created()])
    host.account.queues.reachable = True
    await host.events.take([created()])
    (message,) = host.messages
    assert message.attempts == 0


class FussyLedger(MemoryLedger):
    """Can have no entry of a name that is too long."""

    async def create(self, name, facts):
        if "long" in name:
            raise BlobRefused("The name is too long.")
        return await super().create(name, facts)


async def test_a_blob_that_can_have_no_receipt_holds_up_no_other_event():
    host = Host(ledger=FussyLedger())
    assert await host.events.notified([created("long.json"), created()], None) == ""
    assert [one.name for one in host.messages] == ["a.json"]


class QuickQueues(MemoryQueues):
    """Another instance is done with the blob before its sender could note anything."""

    def __init__(self, ledger: MemoryLedger) -> None:
        super().__init__()
        self._ledger = ledger

    async def send(self, queue, text, *, hidden=0):
        await super().send(queue, text, hidden=hidden)
        for name in self._ledger.entries:
            await self._ledger.put(name, {})


async def test_what_is_done_before_it_was_noted_as_queued_stays_done():
    host = Host(QuickQueues)
    await host.events.take([created()])
    assert host.account.receipts == {"input/a.json": {}}
    await host.events.take([created()])
    assert len(host.messages) == 1


async def test_what_the_search_has_claimed_already_is_left_to_it():
    host = Host()
    blob = created_blob(created()).blob
    await host.receipts.claim(blob)
    await host.events.take([created()])
    assert host.messages == []


@pytest.mark.parametrize(
    "event",
    [
        {**created(), "eventType": "Microsoft.Storage.BlobDeleted"},
        {**created(), "subject": "/somewhere/else"},
        {**created(), "subject": None},
        {**created(), "data": "text"},
        {**created(), "data": {}},
        {},
    ],
)
def test_other_events_tell_of_no_blob(event):
    assert created_blob(event) is None


async def test_the_webhook_answers_with_the_outage_so_that_the_event_comes_again():
    host = Host()
    assert await host.events.notified([created()], None) == ""
    host.account.ledger.reachable = False
    assert "unreachable" in await host.events.notified([created("c.json")], None)


@pytest.mark.parametrize("encode", [str, lambda text: base64.b64encode(text.encode()).decode(), str.encode])
def test_a_queue_message_is_read_with_and_without_base64(encode):
    assert events_of_text(encode(json.dumps(created()))) == [created()]
    assert events_of_text(encode(json.dumps([created(), cloud()]))) == [created(), cloud()]


@pytest.mark.parametrize("text", ["", "no event", "{", "[1]", base64.b64encode(b"\xff").decode()])
def test_other_messages_are_refused(text):
    with pytest.raises(UnreadableMessage, match="no event of Event Grid"):
        events_of_text(text)


async def test_a_message_of_the_events_queue_is_a_success_or_a_failure(caplog):
    host = Host()
    assert (await host.events.execute(Event(id="1", data=json.dumps(created())))).succeeded
    assert len(host.messages) == 1
    assert not (await host.events.execute(Event(id="2", data="nonsense"))).succeeded
    assert "goes to the queue's poison queue" in caplog.text
    host.account.ledger.reachable = False
    assert not (await host.events.execute(Event(id="3", data=json.dumps(created("d.json"))))).succeeded


async def test_an_event_runs_the_function_though_the_search_comes_by_only_now_and_then():
    host = Host()
    host.source = host.account.source(events_every=3600.0)
    host.events = BlobEvents(host.account.path, host.receipts, host.source._parts.hub, function="f")
    async with host.source as source:
        await pulled(source)
        await host.account.put("late.json")
        assert await pulled(source) == []
        etag = host.account.blobs.containers["input"]["late.json"][0].etag
        await host.events.take([created("late.json", etag)])
        (delivery,) = await pulled(source)
        assert delivery.event.metadata["BlobTrigger"] == "input/late.json"
        await delivery.complete()
        assert host.messages == []


def test_the_path_decides(caplog):
    path = BlobPath.parse_trigger("input/in/{name}.json")
    assert path.matcher().fullmatch(created_blob(created("in/a.json")).blob.path)
    assert not path.matcher().fullmatch(created_blob(created("a.json")).blob.path)
