"""triggers.blob_hub"""

import asyncio

import pytest

from tests.support.blob_hosts import Clock, MemoryLease
from triggers.blob_hub import BlobHub, Inbox
from triggers.blob_messages import BlobMessage, control_queue
from triggers.errors import SourceUnavailable
from triggers.queue_memory import MemoryQueues

QUEUE = control_queue("host")


def message(function: str = "f", name: str = "a.json") -> BlobMessage:
    return BlobMessage(function=function, container="input", name=name, etag='"1"')


class Host:
    def __init__(self, queues: MemoryQueues | None = None) -> None:
        self.clock = Clock()
        self.queues = queues or MemoryQueues(clock=self.clock)
        self.hub = BlobHub(self.queues, MemoryLease({}), "host")
        self.f, self.g = Inbox("f", lambda: None), Inbox("g", lambda: None)

    async def visible(self) -> list[str]:
        return [BlobMessage.decode(one.text).name for one in await self.queues.peek(QUEUE, 100)]


async def until(host: Host, condition) -> None:
    async with asyncio.timeout(3):
        while not condition():
            host.hub.wake()
            await asyncio.sleep(0.002)


async def test_a_message_goes_into_its_functions_inbox_and_back_as_it_leaves():
    host = Host()
    host.f.room = 1
    host.hub.join(host.f)
    await host.hub.send(message())
    await until(host, lambda: host.f.waiting)
    assert (host.f.waiting[0].attempt, host.f.waiting[0].content) == (1, message())
    assert await host.visible() == []
    await host.hub.leave(host.f)
    assert await host.visible() == ["a.json"]


async def test_a_message_of_a_function_that_does_not_listen_stays_and_one_of_no_function_goes():
    host = Host()
    host.hub.expect("G")
    host.f.room = 10
    for function, name in (("g", "kept"), ("stranger", "gone"), ("f", "mine")):
        await host.queues.send(QUEUE, message(function, name).encode())
    await host.queues.send(QUEUE, "no message at all")
    host.hub.join(host.f)
    await until(host, lambda: host.f.waiting)
    await until(host, lambda: len(host.queues.texts(QUEUE)) == 2)
    host.clock.forward(1)
    host.g.room = 10
    host.hub.join(host.g)
    await until(host, lambda: host.g.waiting)
    assert host.g.waiting[0].attempt == 1
    await host.hub.leave(host.g)
    assert await host.visible() == ["kept"]
    await host.hub.leave(host.f)


async def test_what_finds_no_room_for_a_while_goes_back_for_others(monkeypatch):
    monkeypatch.setattr("triggers.blob_hub._LONGEST_WAIT", 0.01)
    host = Host()
    host.f.room = 1
    host.hub.join(host.f)
    await host.hub.send(message())
    await until(host, lambda: host.f.waiting)
    host.f.room = 0
    await until(host, lambda: not host.f.waiting)
    assert await host.visible() == ["a.json"]
    await host.hub.leave(host.f)


class SlowQueues(MemoryQueues):
    """Hides messages, and answers later."""

    async def receive(self, queue, limit, *, hidden):
        messages = await super().receive(queue, limit, hidden=hidden)
        await asyncio.sleep(0.02)
        return messages


async def test_what_was_being_received_as_the_last_function_left_does_not_stay_hidden():
    clock = Clock()
    host = Host(SlowQueues(clock=clock))
    await host.queues.send(QUEUE, message().encode())
    host.f.room = 1
    host.hub.join(host.f)
    while await host.visible():  # noqa: ASYNC110 - the queue is looked at, not told
        await asyncio.sleep(0)
    await host.hub.leave(host.f)
    assert await host.visible() == ["a.json"]


@pytest.mark.parametrize(("failed", "attempt"), [(True, 2), (False, 1)])
async def test_a_failed_run_counts_and_one_that_was_given_back_does_not(failed, attempt):
    host = Host()
    host.f.room = 1
    host.hub.join(host.f)
    await host.hub.send(message())
    await until(host, lambda: host.f.waiting)
    await host.hub.give_back(host.f.take(), failed=failed, pause=0)
    await until(host, lambda: host.f.waiting)
    assert host.f.waiting[0].attempt == attempt
    await host.hub.leave(host.f)


async def test_a_run_that_never_came_to_its_end_counts():
    host = Host()
    host.f.room = 1
    host.hub.join(host.f)
    await host.hub.send(message())
    await until(host, lambda: host.f.waiting)
    host.f.take()
    host.clock.forward(61)
    await until(host, lambda: host.f.waiting)
    assert host.f.waiting[0].attempt == 2
    await host.hub.leave(host.f)


@pytest.mark.parametrize(("begins", "attempts"), [(True, [1, 2, 3, 4]), (False, [1, 2, 2, 2])])
async def test_who_only_waits_in_an_inbox_when_its_host_is_killed_uses_up_no_attempt(begins, attempts):
    host = Host()
    host.f.room = 1
    host.hub.join(host.f)
    await host.hub.send(message())
    found = []
    for _ in attempts:
        await until(host, lambda: host.f.waiting)
        work = host.f.take()
        found.append(work.attempt)
        if begins:
            await host.hub.note_begun(work)
            await host.hub.note_begun(work)
        host.clock.forward(61)
    assert found == attempts
    await host.hub.leave(host.f)


async def test_leaving_does_not_hang_when_the_queue_is_looked_at_that_moment():
    host = Host()
    host.hub.join(host.f)
    await asyncio.sleep(0.01)
    host.hub.wake()
    async with asyncio.timeout(2):
        await host.hub.leave(host.f)


async def test_an_outage_is_told_once_and_survived(caplog, monkeypatch):
    monkeypatch.setattr("triggers.blob_hub._LONGEST_PAUSE", 0.001)
    host = Host()
    host.queues.reachable = False
    host.f.room = 1
    host.hub.join(host.f)
    await until(host, lambda: "Trying again" in caplog.text)
    with pytest.raises(SourceUnavailable):
        await host.hub.send(message())
    host.queues.reachable = True
    await host.hub.send(message())
    await until(host, lambda: host.f.waiting)
    assert caplog.text.count("Trying again") == 1
    await host.hub.leave(host.f)
