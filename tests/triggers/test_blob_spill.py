"""triggers.blob_spill"""

import asyncio
from datetime import UTC, datetime

import pytest

from tests.support.blob_hosts import MemoryLease
from triggers.blob_hub import BlobHub, HandedOver
from triggers.blob_memory import MemoryLedger
from triggers.blob_messages import BlobMessage, control_queue
from triggers.blob_pace import BlobPace
from triggers.blob_receipts import BlobReceipts
from triggers.blob_spill import BlobSpill
from triggers.blob_store import BlobInfo
from triggers.blob_waiting import WaitingLine
from triggers.queue_memory import MemoryQueues
from triggers.queue_store import ReceivedMessage


class Host:
    def __init__(self, count: int, *, claim_first: bool = False) -> None:
        self.queues, self.ledger, self.line = MemoryQueues(), MemoryLedger(), WaitingLine()
        self.hub = BlobHub(self.queues, MemoryLease({}), "host")
        self.hub.is_holder = True
        self.receipts = BlobReceipts(self.ledger, host_id="host", function="f")
        self.pace = BlobPace()
        self.quick()
        self.spill = BlobSpill(self.line, self.hub, self.receipts, self.pace, function="f")
        self.blobs = [
            BlobInfo(container="input", name=f"{number}", etag='"1"', last_modified=datetime.now(UTC))
            for number in range(count)
        ]
        self.line.offer(self.blobs, claim_first=claim_first)

    def quick(self) -> None:
        for _ in range(8):
            self.pace.ended()

    @property
    def sent(self) -> list[BlobMessage]:
        return [BlobMessage.decode(text) for text in self.queues.texts(control_queue("host")) or []]


@pytest.mark.parametrize(("waiting", "holder", "due"), [(8, True, False), (9, True, True), (9, False, False)])
async def test_it_is_due_when_more_waits_than_begins_at_once_and_we_look(waiting, holder, due):
    host = Host(waiting)
    host.hub.is_holder = holder
    assert host.spill.is_due is due


async def test_the_last_in_line_go_to_the_queue_and_are_noted():
    host = Host(20)
    await host.spill._hand_over(5)
    assert sorted(int(message.name) for message in host.sent) == [15, 16, 17, 18, 19]
    assert all(message.noted and message.attempts == 0 for message in host.sent)
    assert len(host.line) == 15
    assert all(entry.facts["Queued"] and entry.facts["Incomplete"] for entry in host.ledger.entries.values())


async def test_some_are_kept_for_this_instance():
    host = Host(20)
    await host.spill._hand_over(100)
    assert host.line.ready == 8


@pytest.mark.parametrize("part", ["queues", "ledger"])
async def test_what_cannot_be_handed_over_stays_in_line(part):
    host = Host(20)
    getattr(host, part).reachable = False
    await host.spill._hand_over(5)
    assert host.line.ready == 20


async def test_of_what_was_done_before_nothing_is_handed_over():
    host = Host(20, claim_first=True)
    await host.receipts.note_done(host.blobs[19])
    await host.receipts.note_queued(host.blobs[18])
    await host.spill._hand_over(3)
    assert [message.name for message in host.sent] == ["17"]


async def test_what_came_out_of_the_queue_is_not_put_there_again():
    host = Host(20)
    host.line._ready[-1].handed_over = object()
    await host.spill._hand_over(5)
    assert host.sent == []


async def test_attempts_go_along():
    host = Host(20)
    host.line._ready[-1].attempt = 3
    await host.spill._hand_over(1)
    assert [message.attempts for message in host.sent] == [2]


async def test_for_nobody_it_is_only_tried_now_and_then():
    host = Host(500)
    for _ in range(20):
        await host.spill._fill_up(await host.hub.count())
        await taken(host, 40, by_us=True)
    assert host.line.ready == 500 - 32
    assert 0.0 < host.spill._next_trial - asyncio.get_running_loop().time() <= 4.0


async def test_the_more_others_take_the_more_is_handed_over():
    host = Host(500)
    sizes = []
    for _ in range(4):
        await host.spill._fill_up(await host.hub.count())
        sizes.append(await host.hub.count())
        await taken(host, 1000)
    assert sizes == [32, 64, 128, 256]


async def test_half_a_window_is_filled_up_and_more_is_left():
    host = Host(500)
    await host.spill._fill_up(await host.hub.count())
    await taken(host, 10)
    await host.spill._fill_up(await host.hub.count())
    assert await host.hub.count() == 22
    await taken(host, 10)
    await host.spill._fill_up(await host.hub.count())
    assert await host.hub.count() == 32


async def taken(host: Host, most: int, *, by_us: bool = False) -> None:
    """Up to so many messages are taken out of the queue for good."""
    queue = control_queue("host")
    for message in await host.queues.receive(queue, most, hidden=60) if most <= 40 else await everything(host, queue):
        if by_us:
            work = HandedOver(content=BlobMessage.decode(message.text), received=message, taken_at=0.0)
            await host.hub.done(work)
        else:
            await host.queues.delete(queue, message)


async def everything(host: Host, queue: str) -> list[ReceivedMessage]:
    found: list[ReceivedMessage] = []
    while messages := await host.queues.receive(queue, 32, hidden=60):
        found += messages
    return found


class Quick(MemoryQueues):
    """Another instance takes and does each version before its sender can note anything."""

    receipts: BlobReceipts

    async def send(self, queue, text, *, hidden=0):
        await self.receipts.note_done(BlobMessage.decode(text).blob)


async def test_a_version_that_is_done_at_once_stays_done():
    host = Host(20)
    host.hub._queues = quick = Quick()
    quick.receipts = host.receipts
    await host.spill._hand_over(1)
    assert [dict(entry.facts) for entry in host.ledger.entries.values()] == [{}]


async def test_a_hand_over_that_is_broken_off_strands_nothing():
    host = Host(40)
    gate = asyncio.Event()
    send = host.queues.send

    async def slow(queue, text, **options):
        await gate.wait()
        await send(queue, text, **options)

    host.queues.send = slow
    working = asyncio.create_task(host.spill._hand_over(20))
    await asyncio.sleep(0.01)
    assert host.line.ready == 20
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert host.line.ready == 40
    assert sum(one.claim_first for one in host.line.waiting()) == 20


async def test_of_a_slow_function_everything_is_handed_over_even_if_only_we_take_it():
    host = Host(100)
    host.pace._ended.clear()
    for _ in range(3):
        await host.spill._fill_up(await host.hub.count())
        await taken(host, 40, by_us=True)
    assert host.line.ready == 4
    await host.spill._fill_up(await host.hub.count())
    assert host.line.ready == 0
    assert not host.spill.is_due
