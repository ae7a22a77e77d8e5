import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.memory_bus import MemoryBus, MemoryReceiver, message
from triggers.errors import DeliveryLost, SourceUnavailable
from triggers.service_bus_lane import Appetite, Lane

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def lane(bus: MemoryBus, appetite: Appetite = Appetite(), *, session: str | None = None) -> Lane:  # noqa: B008
    return Lane(MemoryReceiver(bus, session), appetite, now=lambda: NOW, pauses=(0.0, 0.0))


def locked(name: str, seconds: float = 60):
    return message(name, locked_until=NOW + timedelta(seconds=seconds))


async def test_it_takes_no_more_than_it_may():
    bus = MemoryBus(locked("a"), locked("b"), locked("c"))
    assert [one.id for one in await lane(bus, Appetite(most=2)).take()] == ["a", "b"]


async def test_what_was_locked_too_long_ago_is_left_to_others_and_told_of(caplog):
    bus = MemoryBus(locked("a", -1), locked("b"))
    taking = lane(bus, Appetite(most=2))

    async def renew(_: object) -> None:
        raise DeliveryLost("the lock ended")

    taking.receiver.renew = renew  # type: ignore[method-assign]
    assert [one.id for one in await taking.take()] == ["b"]
    assert "1 messages were not run, for their locks ended while they waited here" in caplog.text


async def test_a_clock_that_is_ahead_costs_a_renewal_and_no_message():
    bus = MemoryBus(locked("a", -8), locked("b"))
    assert [one.id for one in await lane(bus, Appetite(most=2)).take()] == ["a", "b"]
    assert bus.done == [("renew", "a")]


async def test_a_clock_that_is_behind_is_known_by_messages_from_the_future():
    taking = lane(MemoryBus(message("a", enqueued=NOW + timedelta(seconds=20), locked_until=NOW)))
    await taking.take()
    assert taking.renew_every(locked("b", 26)) == 2


async def test_locks_are_renewed_while_more_messages_are_waited_for():
    bus = MemoryBus(locked("a", 0.03), locked("b", 0.03))
    taking = lane(bus, Appetite(most=5, least=3, wait=0.3))
    waiting = asyncio.create_task(taking.take())
    while len(bus.done) < 2:  # noqa: ASYNC110 - the condition is somebody else's state
        await asyncio.sleep(0.005)
    bus.waiting.append(locked("c"))
    assert [one.id for one in await waiting] == ["a", "b", "c"]
    assert bus.done == [("renew", "a"), ("renew", "b")]


async def test_a_service_that_is_away_while_more_is_waited_for_is_told_of():
    bus = MemoryBus(locked("a", -1))
    taking = lane(bus)

    async def renew(_: object) -> None:
        raise SourceUnavailable("away")

    taking.receiver.renew = renew  # type: ignore[method-assign]
    with pytest.raises(SourceUnavailable, match="away"):
        await taking.take()


async def test_many_renewals_are_under_way_at_once():
    taking = lane(MemoryBus())
    running = most = 0

    async def renew(_: object) -> datetime:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return NOW

    taking.receiver.renew = renew  # type: ignore[method-assign]
    await asyncio.gather(*(taking.renew(locked(str(n))) for n in range(100)))
    assert most == 64


async def test_a_pause_ends_when_the_host_stops():
    pausing = lane(MemoryBus())
    await pausing.pause(0.001)
    pausing.hurry()
    async with asyncio.timeout(1):
        await pausing.pause(60)


async def test_it_waits_for_as_many_as_are_wanted_together():
    bus = MemoryBus(locked("a"))
    taking = asyncio.create_task(lane(bus, Appetite(most=5, least=3, wait=5)).take())
    await asyncio.sleep(0.01)
    bus.waiting += [locked("b"), locked("c"), locked("d")]
    assert [one.id for one in await taking] == ["a", "b", "c", "d"]


async def test_it_waits_no_longer_than_it_should():
    assert len(await lane(MemoryBus(locked("a")), Appetite(most=5, least=3, wait=0.02)).take()) == 1


async def test_in_a_hurry_it_takes_what_there_is():
    hurried = lane(MemoryBus(locked("a")), Appetite(most=5, least=3, wait=60))
    hurried.hurry()
    assert len(await hurried.take()) == 1


async def test_it_is_free_when_all_that_it_held_is_let_go():
    holding = lane(MemoryBus())
    holding.hold(2)
    holding.let_go(1)
    assert not await holding.freed(within=0.001)
    holding.let_go(1)
    assert await holding.freed()


async def test_a_lock_is_renewed_three_times_in_its_life():
    held = lane(MemoryBus())
    assert held.renew_every(locked("a", 60)) == 20
    assert held.renew_every(locked("a", 0.1)) == 0.2
    assert held.renew_every(message("a", locked_until=None)) is None
    assert held.renew_every(locked("a", -1)) == 5 / 3


async def test_settling_is_tried_again_while_the_service_is_away():
    bus = MemoryBus()
    bus.errors += [SourceUnavailable("away"), SourceUnavailable("away")]
    settling = lane(bus)
    await settling.settle(lambda: settling.receiver.complete(locked("a")))
    assert bus.done == [("complete", "a")]


async def test_settling_that_fails_again_and_again_is_a_lost_message():
    bus = MemoryBus()
    bus.errors += [SourceUnavailable("away")] * 3
    settling = lane(bus)
    with pytest.raises(DeliveryLost, match="could not be settled and comes again: away"):
        await settling.settle(lambda: settling.receiver.complete(locked("a")))


async def test_a_session_is_held_while_its_lane_waits():
    bus = MemoryBus()
    waiting = lane(bus, session="s")
    await waiting.take()
    await waiting.take()
    assert bus.done[0] == ("renew_session", "s")
    assert waiting.renew_every(message("a", locked_until=None)) is not None


async def test_renewals_go_through_the_receiver():
    bus = MemoryBus()
    await lane(bus).renew(locked("a"))
    assert bus.done == [("renew", "a")]
