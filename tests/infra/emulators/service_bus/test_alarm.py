import asyncio
from datetime import timedelta

from infra.emulators.service_bus.alarm import Alarm
from infra.emulators.service_bus.broker.clock import SystemClock
from infra.emulators.service_bus.broker.config import NamespaceConfig, QueueConfig
from infra.emulators.service_bus.broker.namespace import Namespace
from infra.emulators.service_bus.broker.queue import Queue
from tests.support.bus_desk import message


def namespace(**options: timedelta) -> tuple[Namespace, Queue]:
    made = Namespace(NamespaceConfig(queues=(QueueConfig(name="q", **options),)), clock=SystemClock())
    queue = made.entity("q")
    assert isinstance(queue, Queue)
    return made, queue


async def test_a_lock_ends_when_nothing_else_happens() -> None:
    made, queue = namespace(lock_duration=timedelta(milliseconds=30))
    alarm = Alarm(made, SystemClock())
    again = asyncio.Event()
    queue.send([message("a")])
    receiver = queue.open_receiver(mode="peek_lock", wake=again.set)
    receiver.take()
    again.clear()
    alarm.touched()
    await asyncio.wait_for(again.wait(), 2)

    assert receiver.take() is not None
    alarm.stop()


async def test_nothing_rings_after_stop() -> None:
    made, queue = namespace(lock_duration=timedelta(milliseconds=5))
    alarm = Alarm(made, SystemClock())
    again = asyncio.Event()
    queue.send([message("a")])
    receiver = queue.open_receiver(mode="peek_lock", wake=again.set)
    receiver.take()
    again.clear()
    alarm.touched()
    alarm.stop()
    await asyncio.sleep(0.04)

    assert not again.is_set()
