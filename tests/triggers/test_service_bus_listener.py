import asyncio

from tests.support.memory_bus import MemoryBus, MemoryReceiver, message
from triggers.contract import Binding, Event, FunctionResult
from triggers.polling import PollingListener
from triggers.service_bus_lane import Appetite
from triggers.service_bus_listener import ServiceBusListener, plan_of
from triggers.service_bus_settings import ServiceBusSettings
from triggers.service_bus_source import Plan, ServiceBusSource


class Executor:
    """Takes a moment for every event."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def execute(self, event: Event) -> FunctionResult:
        await asyncio.sleep(0.01)
        self.seen.append(event.id)
        return FunctionResult()


def binding(**options: object) -> Binding:
    return Binding(type="serviceBusTrigger", name="m", direction="IN", options=options)


async def test_what_was_taken_is_run_and_settled_before_the_stop_ends():
    bus, executor = MemoryBus(message("a"), message("b")), Executor()
    source = ServiceBusSource(lambda _: MemoryReceiver(bus, None), Plan(appetite=Appetite(most=2)))
    listener = ServiceBusListener(PollingListener(source, executor, name="test", concurrency=2), source, bus)
    await listener.start()
    await asyncio.sleep(0.01)
    await listener.stop()
    assert executor.seen == ["a", "b"]
    assert bus.done == [("complete", "a"), ("complete", "b")]
    assert bus.is_closed


def test_a_plan_for_one_message_at_a_time():
    plan = plan_of(binding(dataType="BINARY"), ServiceBusSettings(max_concurrent_calls=5))
    assert (plan.links, plan.concurrency, plan.is_binary, plan.session_idle) == (5, 5, True, None)
    assert plan.terms.auto_complete
    assert plan_of(binding(), ServiceBusSettings(max_concurrent_calls=5, prefetch=11)).prefetch == 3


def test_a_plan_for_sessions():
    settings = ServiceBusSettings(max_concurrent_sessions=3, max_concurrent_calls_per_session=2, session_idle=9.0)
    plan = plan_of(binding(isSessionsEnabled=True), settings)
    assert (plan.links, plan.concurrency, plan.session_idle) == (3, 6, 9.0)


def test_a_plan_for_many_messages():
    settings = ServiceBusSettings(max_batch=50, min_batch=5, max_batch_wait=2.0)
    plan = plan_of(binding(cardinality="many"), settings)
    assert (plan.links, plan.concurrency, plan.are_many) == (1, 1, True)
    assert plan.appetite == Appetite(most=50, least=5, wait=2.0)


def test_the_binding_has_the_last_word_about_settling():
    assert not plan_of(binding(autoCompleteMessages=False), ServiceBusSettings()).terms.auto_complete
    assert plan_of(binding(autoCompleteMessages=True), ServiceBusSettings(auto_complete=False)).terms.auto_complete
