"""Storage queues on a real Azurite."""

import asyncio
import base64
import uuid

import pytest

from tests.contract.connections import account
from tests.contract.queue_accounts import QueueStoreContract
from triggers.azure_queues import AzureQueues
from triggers.contract import Binding, BindingContext, Event, FunctionResult, ListenerContext
from triggers.errors import SourceUnavailable
from triggers.queue_output import queue_writer
from triggers.storage_queue import listen

pytestmark = pytest.mark.azurite

# A port of the loopback that nobody listens on.
NOWHERE = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;QueueEndpoint=http://127.0.0.1:9/a;"


@pytest.fixture
async def store(azurite):
    store = AzureQueues(account(azurite.connection_string))
    yield store
    await store.close()


class TestAzureQueues(QueueStoreContract):
    pass


async def test_an_account_that_is_not_there_is_unavailable():
    store = AzureQueues(account(NOWHERE))
    with pytest.raises(SourceUnavailable, match="cannot be reached to receive from queue 'abc'"):
        await store.receive("abc", 1, hidden=1)
    await store.close()


class Forward:
    """Sends every event on, as a function with a queue output does; fails the first attempt at "0"."""

    def __init__(self, writer) -> None:
        self.writer = writer
        self.events: list[Event] = []

    async def execute(self, event: Event) -> FunctionResult:
        self.events.append(event)
        if event.attempt == 1 and event.data == "0":
            return FunctionResult(error=ValueError("not yet"))
        await self.writer.write(event.data, event.metadata)
        return FunctionResult()


async def test_two_listeners_pass_every_message_on_once(azurite, store):
    source, target = f"in-{uuid.uuid4().hex}", f"out-{uuid.uuid4().hex}"
    settings = {"Store": azurite.connection_string}
    options = {"connection": "Store"}
    output = Binding(type="queue", name="q", direction="OUT", options={**options, "queueName": target})
    forward = Forward(queue_writer(BindingContext(binding=output, settings=settings)))
    await forward.writer.open()
    trigger = Binding(type="queueTrigger", name="m", direction="IN", options={**options, "queueName": source})
    context = ListenerContext(
        function="f", binding=trigger, executor=forward, routes=NoRoutes(), settings=settings,
        extension={"maxPollingInterval": "00:00:00.1"},
    )  # fmt: skip
    listeners = [listen(context), listen(context)]
    for listener in listeners:
        await listener.start()
    for number in range(20):
        await store.send(source, base64.b64encode(str(number).encode()).decode())
    passed: list[str] = []
    async with asyncio.timeout(20):
        while len(passed) < 20:
            passed += [base64.b64decode(one.text).decode() for one in await store.receive(target, 32, hidden=600)]
    for listener in listeners:
        await listener.stop()
    assert sorted(passed, key=int) == [str(number) for number in range(20)]
    assert sorted(event.attempt for event in forward.events) == [1] * 20 + [2]
    assert list(await store.receive(source, 32, hidden=1)) == []
    await forward.writer.close()


class NoRoutes:
    def mount(self, template, app, *, methods, auth_level):
        raise AssertionError("A queue trigger mounts nothing.")

    def mount_webhook(self, extension, app):
        raise AssertionError("A queue trigger mounts nothing.")
