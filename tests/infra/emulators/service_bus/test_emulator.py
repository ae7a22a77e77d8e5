import asyncio
import socket

import pytest

from infra.emulators.service_bus import NamespaceConfig, ServiceBusEmulator
from infra.emulators.service_bus.amqp.frames import AMQP_HEADER, frame
from infra.emulators.service_bus.amqp.performatives import Open
from infra.emulators.service_bus.broker.queue import Queue
from infra.errors import EmulatorUnavailable
from tests.support.bus_desk import message

CONFIG = NamespaceConfig.of(queues=["q"])


async def test_it_listens_where_the_connection_string_says() -> None:
    async with ServiceBusEmulator(config=CONFIG) as emulator:
        _, writer = await asyncio.open_connection("127.0.0.1", emulator.port)
        writer.close()
        await writer.wait_closed()

        assert emulator.connection_string.startswith(f"Endpoint=sb://127.0.0.1:{emulator.port};")
        assert emulator.connection_string.endswith(";UseDevelopmentEmulator=true;")


async def test_with_a_key_the_connection_string_has_it() -> None:
    assert "SharedAccessKey=secret;" in ServiceBusEmulator(config=CONFIG, key="secret").connection_string


async def test_several_in_one_process() -> None:
    async with ServiceBusEmulator(config=CONFIG) as one, ServiceBusEmulator(config=CONFIG) as other:
        assert one.port != other.port
        assert one.namespace is not other.namespace


async def test_a_stop_tells_those_who_are_connected() -> None:
    emulator = await ServiceBusEmulator(config=CONFIG).start()
    reader, writer = await asyncio.open_connection("127.0.0.1", emulator.port)
    writer.write(AMQP_HEADER + frame(0, Open(container_id="peer")))
    await reader.readexactly(9)
    async with asyncio.timeout(3):
        await emulator.stop()
        said = await reader.read()
    writer.close()

    assert b"\x00\x53\x18" in said, "a close frame"


async def test_it_may_be_stopped_twice_and_started_again() -> None:
    emulator = ServiceBusEmulator(config=CONFIG)
    await emulator.stop()
    await emulator.start()
    port = emulator.port
    await emulator.stop()
    await emulator.stop()
    await emulator.start()

    assert emulator.port == port
    await emulator.stop()


async def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        emulator = ServiceBusEmulator(config=CONFIG, port=taken.getsockname()[1])
        with pytest.raises(EmulatorUnavailable, match="cannot listen on"):
            await emulator.start()


def test_before_start_there_is_no_namespace() -> None:
    with pytest.raises(EmulatorUnavailable, match=r"call start\(\) first"):
        _ = ServiceBusEmulator(config=CONFIG).namespace


async def test_with_a_folder_messages_outlive_it(tmp_path) -> None:
    async with ServiceBusEmulator(config=CONFIG, data=tmp_path) as first:
        first.namespace.entity("q").send([message("kept")])
    async with ServiceBusEmulator(config=CONFIG, data=tmp_path) as second:
        queue = second.namespace.entity("q")

        assert isinstance(queue, Queue)
        assert len(queue.peek()) == 1
