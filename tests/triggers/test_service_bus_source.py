import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.memory_bus import MemoryBus, MemoryReceiver, message
from triggers.errors import DeliveryLost, SourceUnavailable
from triggers.service_bus_lane import Appetite
from triggers.service_bus_source import Plan, ServiceBusSource


def source(bus: MemoryBus, **fields: object) -> ServiceBusSource:
    return ServiceBusSource(lambda _: MemoryReceiver(bus, None), Plan(**fields))  # type: ignore[arg-type]


async def taken(opened: ServiceBusSource, count: int, limit: int = 100) -> list:
    found: list = []
    async with asyncio.timeout(5):
        while len(found) < count:
            found += await opened.receive(limit, timeout=0.01)
    return found


async def test_a_link_takes_the_next_message_when_the_last_one_is_settled():
    bus = MemoryBus(message("a"), message("b"))
    async with source(bus) as opened:
        (first,) = await taken(opened, 1)
        assert await opened.receive(5, timeout=0.02) == []
        await first.complete()
        (second,) = await taken(opened, 1)
        await second.complete()
    assert [first.event.id, second.event.id] == ["a", "b"]
    assert bus.done == [("complete", "a"), ("complete", "b")]


async def test_a_function_that_takes_its_time_is_worth_more_links():
    bus = MemoryBus(*[message(str(n)) for n in range(4)])
    async with source(bus, links=2) as opened:
        found = await taken(opened, 2)
        assert await opened.receive(5, timeout=0.02) == []
        assert bus.opened == 2
        for one in found:
            await one.complete()


async def test_messages_of_one_link_may_run_together():
    bus = MemoryBus(*[message(str(n)) for n in range(3)])
    async with source(bus, appetite=Appetite(most=3)) as opened:
        found = await taken(opened, 3)
        for one in found:
            await one.complete()
    assert [one.event.id for one in found] == ["0", "1", "2"]


async def test_many_messages_are_one_event():
    bus = MemoryBus(message("a"), message("b", None), message("c"))
    async with source(bus, are_many=True, appetite=Appetite(most=10)) as opened:
        (one,) = await taken(opened, 1)
        await one.complete()
    assert one.event.metadata["MessageIdArray"] == ["a", "c"]
    assert [entry[:3] for entry in bus.done] == [
        ("dead_letter", "b", "BodyIsNoData"), ("complete", "a"), ("complete", "c"),
    ]  # fmt: skip


async def test_a_body_that_cannot_be_taken_and_not_be_moved_aside_comes_again(caplog):
    bus = MemoryBus(message("a", None), message("b"))
    receiver = MemoryReceiver(bus, None)

    async def refuse(*_: object, **__: object) -> None:
        raise DeliveryLost("gone")

    receiver.dead_letter = refuse  # type: ignore[method-assign]
    async with ServiceBusSource(lambda _: receiver, Plan()) as opened:
        (one,) = await taken(opened, 1)
        await one.complete()
    assert "Message a, whose body cannot be read, could not be moved aside: gone" in caplog.text


async def test_no_more_is_handed_out_than_is_asked_for():
    bus = MemoryBus(message("a"), message("b"))
    async with source(bus, appetite=Appetite(most=2)) as opened:
        found = [*await taken(opened, 1, limit=1), *await taken(opened, 1, limit=1)]
        for one in found:
            await one.complete()
    assert [one.event.id for one in found] == ["a", "b"]


async def test_an_entity_that_cannot_be_reached_is_told_of_at_once():
    bus = MemoryBus(message("a"))
    bus.errors.append(SourceUnavailable("away"))
    opened = source(bus)
    with pytest.raises(SourceUnavailable, match="away"):
        await opened.__aenter__()
    async with opened:
        (one,) = await taken(opened, 1)
        await one.complete()


async def test_a_link_that_fails_later_is_told_of_and_opened_again():
    bus = MemoryBus()
    async with source(bus) as opened:
        bus.errors.append(SourceUnavailable("away"))
        with pytest.raises(SourceUnavailable, match="away"):
            await taken(opened, 1)
        bus.waiting.append(message("a"))
        (one,) = await taken(opened, 1)
        await one.complete()
    assert bus.opened == 2


async def test_a_bug_is_told_of_like_a_service_that_is_away(caplog):
    bus = MemoryBus()
    async with source(bus) as opened:
        bus.errors.append(KeyError("bug"))
        with pytest.raises(SourceUnavailable, match="unforeseen way: KeyError"):
            await taken(opened, 1)
    assert "failed in an unforeseen way" in caplog.text


async def test_each_session_has_a_link_and_an_idle_one_makes_room_for_the_next():
    bus = MemoryBus(message("a"), sessions=["one", "two"])
    async with source(bus, links=1, session_idle=0.02) as opened:
        (one,) = await taken(opened, 1)
        await one.complete()
        async with asyncio.timeout(5):
            while bus.sessions:
                await opened.receive(1, timeout=0.01)
        bus.waiting.append(message("b"))
        (other,) = await taken(opened, 1)
        await other.complete()
    assert ("renew_session", "two") in bus.done


async def test_sessions_are_served_beside_each_other():
    bus = MemoryBus(message("a"), message("b"), sessions=["one", "two"])
    async with source(bus, links=2, session_idle=5.0) as opened:
        for one in await taken(opened, 2):
            await one.complete()
    assert {("renew_session", "one"), ("renew_session", "two")} <= set(bus.done)


async def test_a_session_that_is_lost_makes_room_for_the_next():
    bus = MemoryBus(sessions=["one", "two"])
    async with source(bus, session_idle=5.0) as opened:
        await opened.receive(1, timeout=0.01)
        bus.errors.append(DeliveryLost("lost"))
        async with asyncio.timeout(5):
            while ("renew_session", "two") not in bus.done:
                await opened.receive(1, timeout=0.01)
    assert not bus.sessions


async def test_after_a_stop_nothing_is_taken_but_what_was_taken_is_handed_out():
    bus = MemoryBus(message("a"))
    async with source(bus) as opened:
        await asyncio.sleep(0.02)
        stopping = asyncio.create_task(opened.take_nothing_new())
        (one,) = await taken(opened, 1)
        bus.waiting.append(message("b"))
        await one.complete()
        await stopping
        assert await opened.receive(5, timeout=0.01) == []
    assert bus.done == [("complete", "a")]


async def test_what_nobody_takes_any_more_is_given_back():
    bus = MemoryBus(message("a"))
    async with source(bus):
        await asyncio.sleep(0.02)
    assert bus.done == [("abandon", "a")]


def test_how_many_runs_there_may_be():
    assert Plan(links=3, appetite=Appetite(most=2)).concurrency == 6
    assert Plan(links=1, appetite=Appetite(most=1000), are_many=True).concurrency == 1


@pytest.mark.parametrize(("lock", "asked"), [(60.0, [0, 400]), (1.0, [0])])
async def test_messages_wait_in_the_client_only_when_their_turn_comes_in_time(lock, asked):
    soon = {"locked_until": datetime.now(UTC) + timedelta(seconds=lock)}
    bus = MemoryBus(message("a", **soon), message("b", **soon))
    told: list[int] = []

    def connect(prefetch: int) -> MemoryReceiver:
        told.append(prefetch)
        return MemoryReceiver(bus, None)

    async with ServiceBusSource(connect, Plan(prefetch=400)) as opened:
        for _ in range(2):
            (one,) = await taken(opened, 1)
            await asyncio.sleep(0.005)
            await one.complete()
        await asyncio.sleep(0.01)
    assert told == asked


async def test_in_a_session_messages_may_wait_in_the_client():
    bus = MemoryBus(sessions=["one"])
    told: list[int] = []

    def connect(prefetch: int) -> MemoryReceiver:
        told.append(prefetch)
        return MemoryReceiver(bus, None)

    async with ServiceBusSource(connect, Plan(prefetch=4, session_idle=5.0)):
        assert told == [4]


async def test_a_stop_ends_the_pause_of_what_failed_for_want_of_a_service():
    bus = MemoryBus(message("a"))
    async with source(bus) as opened:
        (one,) = await taken(opened, 1)
        giving_back = asyncio.create_task(one.abandon(SourceUnavailable("away")))
        await asyncio.sleep(0.01)
        assert not giving_back.done()
        await opened.take_nothing_new()
        async with asyncio.timeout(1):
            await giving_back
    assert bus.done == [("abandon", "a")]
