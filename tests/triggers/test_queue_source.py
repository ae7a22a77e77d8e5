import asyncio
import base64
from datetime import UTC, datetime, timedelta

import azure.functions as func
import pytest

from function_host.binding import decoder
from triggers.contract import Binding, Event, FunctionResult
from triggers.errors import DeliveryLost, SourceUnavailable
from triggers.paths import BlobPath
from triggers.polling import PollingListener
from triggers.queue_memory import MemoryQueues
from triggers.queue_settings import read_queue_settings
from triggers.queue_source import QueueSource
from triggers.signals import Signals

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    return MemoryQueues(clock=clock)


def source(store, queue="work", *, binary=False, **section):
    return QueueSource(store, queue, read_queue_settings(section, {}), binary=binary)


async def put(store, body: bytes = b"x", queue: str = "work") -> str:
    text = base64.b64encode(body).decode()
    await store.send(queue, text)
    return text


async def test_a_queue_that_is_not_there_has_no_messages_and_is_not_made(store):
    assert await source(store).receive(16, timeout=0) == []
    assert store.texts("work") is None


async def test_the_function_gets_the_message_as_azure_describes_it(store):
    await put(store, b'{"Id": "7", "kind": "a"}')
    (delivery,) = await source(store).receive(16, timeout=0)
    trigger = Binding(type="queueTrigger", name="m", direction="IN")
    message = decoder(trigger, func.QueueMessage)(delivery.event)
    assert isinstance(message, func.QueueMessage)
    assert (message.id, message.dequeue_count, message.get_json()["kind"]) == ("message-1", 1, "a")
    assert (message.insertion_time, message.expiration_time) == (START, START + timedelta(days=7))
    assert message.time_next_visible == START + timedelta(minutes=1)
    assert message.pop_receipt == delivery.event.metadata["PopReceipt"]
    assert delivery.event.attempt == 1
    assert BlobPath.parse("out/{id}-{kind}").text
    assert BlobPath.parse("output/{id}-{kind}").fill(delivery.event.metadata) == ("output", "7-a")


@pytest.mark.parametrize(
    ("body", "binary", "data"), [(b"a", False, "a"), (b"a", True, b"a"), (b"\xff", False, b"\xff")]
)
async def test_data_is_text_unless_it_is_binary(store, body, binary, data):
    await put(store, body)
    (delivery,) = await source(store, binary=binary).receive(16, timeout=0)
    assert delivery.event.data == data


async def test_no_more_than_a_batch_is_taken_at_once(store):
    for _ in range(3):
        await put(store)
    assert len(await source(store, batchSize=2).receive(16, timeout=0)) == 2


async def test_success_takes_it_out(store):
    await put(store)
    (delivery,) = await source(store).receive(16, timeout=0)
    await delivery.complete()
    assert store.texts("work") == []
    with pytest.raises(DeliveryLost, match="message-1"):
        await delivery.complete()


async def test_a_failure_shows_it_again_after_the_visibility_timeout(store, clock):
    await put(store)
    pulled = source(store, visibilityTimeout="00:00:30")
    (delivery,) = await pulled.receive(16, timeout=0)
    await delivery.abandon(ValueError("no"))
    assert await pulled.receive(16, timeout=0) == []
    clock.now += timedelta(seconds=30)
    (again,) = await pulled.receive(16, timeout=0)
    assert again.event.attempt == 2


async def test_the_last_failure_poisons_it(store, caplog):
    text = await put(store)
    pulled = source(store, maxDequeueCount=2)
    for _ in range(2):
        (delivery,) = await pulled.receive(16, timeout=0)
        await delivery.abandon(ValueError("bad data"))
    assert (store.texts("work"), store.texts("work-poison")) == ([], [text])
    assert "failed 2 times, last with ValueError: bad data. It was moved to 'work-poison'" in caplog.text


async def test_a_message_taken_too_often_is_poisoned_without_a_run(store, clock):
    text = await put(store)
    pulled = source(store, maxDequeueCount=1)
    await pulled.receive(16, timeout=0)
    clock.now += timedelta(minutes=10)
    assert await pulled.receive(16, timeout=0) == []
    assert store.texts("work-poison") == [text]


async def test_what_is_no_base64_is_poisoned_and_told(store, caplog):
    await store.send("work", "plain text")
    assert await source(store).receive(16, timeout=0) == []
    assert store.texts("work-poison") == ["plain text"]
    assert "cannot be read: The body is no base64" in caplog.text


@pytest.mark.parametrize("queue", ["work-poison", "q" * 60])
async def test_a_queue_without_a_poison_queue_keeps_its_messages(store, queue, caplog):
    text = await put(store, queue=queue)
    (delivery,) = await source(store, queue, maxDequeueCount=1).receive(16, timeout=0)
    await delivery.abandon(ValueError("no"))
    assert store.texts(queue) == [text]
    assert "It stays in the queue" in caplog.text


async def test_renewing_hides_it_for_longer(store, clock):
    await put(store)
    pulled = source(store)
    (delivery,) = await pulled.receive(16, timeout=0)
    assert delivery.renew_every == 20
    clock.now += timedelta(seconds=50)
    await delivery.renew()
    clock.now += timedelta(seconds=50)
    assert await pulled.receive(16, timeout=0) == []
    await delivery.complete()


class SlowQueues(MemoryQueues):
    """Takes messages at once, and tells of them when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def receive(self, queue, limit, *, hidden):
        messages = await super().receive(queue, limit, hidden=hidden)
        self.asked.set()
        await self.go.wait()
        return messages


async def test_messages_that_come_too_late_are_given_back():
    store = SlowQueues()
    await put(store)
    async with source(store) as pulled:
        looking = asyncio.create_task(pulled.receive(16, timeout=0))
        await store.asked.wait()
        looking.cancel()
        await asyncio.wait((looking,))
        store.go.set()
    ((visible),) = await MemoryQueues.receive(store, "work", 16, hidden=1)
    assert visible.dequeue_count == 2


async def test_an_account_that_is_down_is_unavailable_until_it_is_back(store):
    await put(store)
    pulled = source(store)
    store.reachable = False
    with pytest.raises(SourceUnavailable):
        await pulled.receive(16, timeout=0)
    store.reachable = True
    assert len(await pulled.receive(16, timeout=0)) == 1


class Counts:
    def __init__(self) -> None:
        self.attempts: list[int] = []
        self.done = asyncio.Event()

    async def execute(self, event: Event) -> FunctionResult:
        self.attempts.append(event.attempt)
        if event.attempt == 5:
            self.done.set()
        return FunctionResult(error=ValueError("no"))


async def test_a_listener_runs_it_five_times(store):
    text = await put(store)
    counts = Counts()
    listener = PollingListener(source(store), counts, name="f", longest_pause=0.01)
    await listener.start()
    async with asyncio.timeout(5):
        await counts.done.wait()
    await listener.stop()
    assert counts.attempts == [1, 2, 3, 4, 5]
    assert store.texts("work-poison") == [text]


async def test_the_apps_own_message_ends_the_wait(store):
    signals = Signals()
    pulled = QueueSource(store, "work", read_queue_settings({}, {}), signals=signals)
    waiting = asyncio.create_task(pulled.receive(16, timeout=30))
    await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    await put(store)
    signals.wake("work")
    assert await asyncio.wait_for(waiting, 1) == []
    assert len(await pulled.receive(16, timeout=30)) == 1


async def test_a_message_that_comes_during_the_look_is_not_waited_for(store):
    signals = Signals()
    pulled = QueueSource(store, "work", read_queue_settings({}, {}), signals=signals)
    receive = store.receive

    async def slow(*given, **options):
        found = await receive(*given, **options)
        signals.wake("work")
        return found

    store.receive = slow
    assert await asyncio.wait_for(pulled.receive(16, timeout=30), 1) == []
