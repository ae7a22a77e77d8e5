import asyncio
from datetime import UTC, datetime

from triggers.blob_messages import BlobMessage
from triggers.blob_queue_look import QueueLook
from triggers.queue_memory import MemoryQueues

THEN = datetime(2024, 5, 1, tzinfo=UTC)


class Counting(MemoryQueues):
    """Queues that know how often they were asked."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: THEN)
        self.asked = 0

    async def count(self, queue: str) -> int:
        self.asked += 1
        return await super().count(queue)


def message(function: str = "F") -> str:
    return BlobMessage(function=function, container="input", name="a", etag='"1"').encode()


async def seen(look: QueueLook) -> int:
    """What is known once the look that the first question begins is over."""
    first = look.count
    assert first == 0
    await asyncio.sleep(0.01)
    return look.count


async def test_whoever_asks_gets_at_once_what_was_seen_last():
    queues = Counting()
    await queues.send("q", message())
    await queues.send("q", message("g"), hidden=60)
    look = QueueLook(queues, "q")
    assert look.oldest("f") is None
    assert await seen(look) == 2
    assert (look.oldest("f"), look.oldest("g")) == (THEN, None)
    assert look.count == 2
    assert queues.asked == 1


async def test_what_cannot_be_read_is_counted_and_skipped():
    queues = Counting()
    await queues.send("q", "no message")
    look = QueueLook(queues, "q")
    assert await seen(look) == 1
    assert look.oldest("f") is None


async def test_a_queue_out_of_reach_is_no_failure():
    queues = MemoryQueues()
    queues.reachable = False
    look = QueueLook(queues, "q")
    assert await seen(look) == 0


async def test_a_look_that_takes_long_ends_with_the_host():
    class Slow(MemoryQueues):
        async def count(self, queue: str) -> int:
            return await asyncio.get_running_loop().create_future()

    look = QueueLook(Slow(), "q")
    assert look.count == 0
    await look.close()
    assert len(asyncio.all_tasks()) == 1
    await look.close()
