"""A Service Bus function while its namespace is down at the start, goes away, fills up, or refuses the key."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient

from infra.emulators.service_bus.broker.config import NamespaceConfig, QueueConfig
from infra.emulators.service_bus.emulator import ServiceBusEmulator
from tests.function_host.conftest import process_state, serve, write_app

pytestmark = pytest.mark.service_bus

__all__ = ["process_state", "serve", "write_app"]

APP = """
import asyncio
import azure.functions as func
app = func.FunctionApp()
runs = []

@app.service_bus_queue_trigger(arg_name="message", connection="Bus", queue_name="in")
@app.service_bus_queue_output(arg_name="$return", connection="Bus", queue_name="out")
async def answer(message: func.ServiceBusMessage) -> str:
    runs.append(message.message_id)
    await asyncio.sleep(0.02)
    return message.get_body().decode()
"""
IN = QueueConfig(name="in", lock_duration=timedelta(seconds=5), max_delivery_count=10)
OUT = QueueConfig(name="out", duplicate_window=timedelta(minutes=10))
CONFIG = NamespaceConfig(queues=(IN, OUT))


def texts(emulator: ServiceBusEmulator, queue: str) -> list[str]:
    stored = emulator.namespace.entity(queue).peek(from_sequence_number=0, limit=10_000, session_id=None)
    return [str(one.message.properties.correlation_id) for one in stored]


async def until(condition, seconds: float = 40) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the condition is somebody else's state
            await asyncio.sleep(0.05)


async def send(emulator: ServiceBusEmulator, ids: list[str]) -> None:
    async with (
        ServiceBusClient.from_connection_string(emulator.connection_string) as client,
        client.get_queue_sender("in") as sender,
    ):
        await sender.send_messages([ServiceBusMessage(f"text of {one}", message_id=one) for one in ids])


@pytest.fixture
def root(write_app):
    return write_app({"function_app.py": APP, "host.json": '{"version": "2.0"}'})


async def test_a_bus_that_goes_away_and_comes_back_loses_no_message(root, serve, tmp_path):
    data = tmp_path / "bus"
    first = await ServiceBusEmulator(config=CONFIG, data=data).start()
    ids = [f"m{n}" for n in range(150)]
    await send(first, ids)
    await serve(root, {"Bus": first.connection_string})
    await until(lambda: len(texts(first, "out")) > 20)
    await first.stop()
    await asyncio.sleep(1)
    async with ServiceBusEmulator(config=CONFIG, data=data, port=first.port) as second:
        await until(lambda: not texts(second, "in"))
        answered = Counter(texts(second, "out"))
        assert answered == Counter(ids)
        assert texts(second, "in/$DeadLetterQueue") == []


async def test_a_bus_that_is_down_at_the_start_is_waited_for(root, serve, tmp_path, caplog):
    data = tmp_path / "bus"
    first = await ServiceBusEmulator(config=CONFIG, data=data).start()
    await send(first, ["m1"])
    await first.stop()
    caplog.set_level("INFO", "triggers")
    await serve(root, {"Bus": first.connection_string})
    assert "cannot be used now" in caplog.text
    async with ServiceBusEmulator(config=CONFIG, data=data, port=first.port) as second:
        await until(lambda: texts(second, "out") == ["m1"])
    assert "the event source is back" in caplog.text


async def test_an_answer_that_finds_no_room_leaves_its_question(root, serve, caplog):
    queues = (IN, QueueConfig(name="out"))
    config = NamespaceConfig(queues=queues, max_entity_bytes=2_000)
    async with ServiceBusEmulator(config=config) as emulator:
        await send(emulator, ["m1", "m2", "m3"])
        async with ServiceBusClient.from_connection_string(emulator.connection_string) as client:
            async with client.get_queue_sender("out") as sender:
                await sender.send_messages(ServiceBusMessage("x" * 1_800))
            await serve(root, {"Bus": emulator.connection_string})
            await until(lambda: "is full" in caplog.text)
            async with client.get_queue_receiver("out") as receiver:
                (filler,) = await receiver.receive_messages(1, max_wait_time=5)
                await receiver.complete_message(filler)
        await until(lambda: len(set(texts(emulator, "out"))) + len(texts(emulator, "in/$DeadLetterQueue")) == 3)
        await until(lambda: not texts(emulator, "in"))


async def test_a_wrong_key_is_told_of_with_the_setting(root, serve, caplog):
    async with ServiceBusEmulator(config=CONFIG, key="right") as emulator:
        await serve(root, {"Bus": emulator.connection_string.replace("=right", "=wrong")})
        assert "refuses the credential in the app setting 'Bus'" in caplog.text
