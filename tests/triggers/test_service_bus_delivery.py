import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.memory_bus import MemoryBus, MemoryReceiver, message
from triggers.errors import DeliveryLost, SourceUnavailable
from triggers.service_bus_delivery import ServiceBusDelivery, Terms, dead_letter
from triggers.service_bus_lane import Appetite, Lane
from triggers.service_bus_message import batch_event, message_event


def delivery(bus: MemoryBus, *messages, terms: Terms = Terms(), session: str | None = None):  # noqa: B008
    lane = Lane(MemoryReceiver(bus, session), Appetite(), pauses=())
    lane.hold(len(messages))
    event = message_event(messages[0]) if len(messages) == 1 else batch_event(messages)
    return lane, ServiceBusDelivery(lane, messages, event, terms)


async def test_a_message_is_completed_and_its_lane_freed():
    bus = MemoryBus()
    lane, one = delivery(bus, message("a"))
    await one.complete()
    assert bus.done == [("complete", "a")]
    assert not lane.held


async def test_what_a_function_settles_itself_is_left_alone():
    bus = MemoryBus()
    lane, one = delivery(bus, message("a"), terms=Terms(auto_complete=False))
    await one.complete()
    assert bus.done == []
    assert not lane.held


async def test_a_failure_gives_the_message_back_and_says_why(caplog):
    bus = MemoryBus()
    _, one = delivery(bus, message("a", attempt=2))
    await one.abandon(ValueError("bad"))
    assert bus.done == [("abandon", "a")]
    assert "Message a failed at attempt 2" in caplog.text
    assert "ValueError: bad" in caplog.text


@pytest.mark.parametrize("read", [bytes.decode, json.loads, lambda body: json.loads(body.decode("latin-1"))])
async def test_a_body_that_nobody_can_read_is_dead_lettered(read):
    bus = MemoryBus()
    _, one = delivery(bus, message("a", b"\xff" if read is bytes.decode else b"{"))
    try:
        read(b"\xff" if read is bytes.decode else b"{")
    except ValueError as error:
        wrapped = RuntimeError("the function failed")
        wrapped.__cause__ = error
    await one.abandon(wrapped)
    assert bus.done[0][:3] == ("dead_letter", "a", "BodyIsNoText" if read is bytes.decode else "BodyIsNoJson")


async def test_something_else_that_cannot_be_read_is_an_ordinary_failure():
    bus = MemoryBus()
    _, one = delivery(bus, message("a", b"body"))
    await one.abandon(UnicodeDecodeError("utf-8", b"a file", 0, 1, "bad"))
    assert bus.done == [("abandon", "a")]


async def test_messages_that_came_together_are_all_settled_though_one_is_lost():
    bus = MemoryBus()
    bus.errors.append(DeliveryLost("gone"))
    lane, many = delivery(bus, message("a"), message("b"), message("c"))
    with pytest.raises(DeliveryLost, match="1 of 3: gone"):
        await many.complete()
    assert bus.done == [("complete", "b"), ("complete", "c")]
    assert not lane.held


async def test_messages_that_came_together_are_never_dead_lettered_for_one_of_them():
    bus = MemoryBus()
    _, many = delivery(bus, message("a", b"\xff"), message("b"))
    await many.abandon(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"))
    assert bus.done == [("abandon", "a"), ("abandon", "b")]


async def test_every_lock_is_renewed_but_a_session_has_only_one():
    bus = MemoryBus()
    await delivery(bus, message("a"), message("b"))[1].renew()
    await delivery(bus, message("c"), message("d"), session="s")[1].renew()
    assert bus.done == [("renew", "a"), ("renew", "b"), ("renew", "c")]


async def test_locks_may_run_out_when_host_json_says_so():
    bus = MemoryBus()
    _, never = delivery(bus, message("a"), terms=Terms(longest_renewal=0.0))
    await never.renew()
    assert never.renew_every is None
    assert bus.done == []
    assert delivery(bus, message("a"), message("b"))[1].renew_every == pytest.approx(20, abs=1)


async def test_a_long_reason_is_cut():
    bus = MemoryBus()
    lane, _ = delivery(bus, message("a"))
    await dead_letter(lane, message("a"), "Reason", "x" * 10_000)
    assert len(bus.done[0][3]) == 4096


@pytest.mark.parametrize("error", [ConnectionError("away"), SourceUnavailable("away")])
async def test_what_fails_while_an_unreadable_body_is_dealt_with_is_an_ordinary_failure(error):
    bus = MemoryBus()
    lane, one = delivery(bus, message("a", b"{"))
    lane.hurry()
    try:
        json.loads("{")
    except ValueError as unreadable:
        error.__context__ = unreadable
        if isinstance(error, SourceUnavailable):
            error.__cause__ = unreadable
    await one.abandon(error)
    assert bus.done == [("abandon", "a")]


class Losing:
    """Renews nothing of these messages."""

    def __init__(self, receiver: MemoryReceiver, *names: str) -> None:
        self._names = names
        self._renew = receiver.renew
        receiver.renew = self.renew  # type: ignore[method-assign]

    async def renew(self, message):
        if message.id in self._names:
            raise DeliveryLost("gone")
        return await self._renew(message)


async def test_one_that_is_lost_does_not_keep_the_others_from_being_renewed(caplog):
    bus = MemoryBus()
    lane, many = delivery(bus, message("a"), message("b"), message("c"))
    Losing(lane.receiver, "a")
    await many.renew()
    await many.renew()
    assert bus.done == [("renew", "b"), ("renew", "c")] * 2
    assert caplog.text.count("1 of 3 messages were lost while they ran: gone") == 1
    with pytest.raises(DeliveryLost, match=r"1 of 3: the lock was lost while the function ran"):
        await many.complete()
    assert bus.done[4:] == [("complete", "b"), ("complete", "c")]
    assert not lane.held


async def test_renewal_ends_when_all_are_lost():
    lane, many = delivery(MemoryBus(), message("a"), message("b"))
    Losing(lane.receiver, "a", "b")
    with pytest.raises(DeliveryLost, match="gone"):
        await many.renew()
    assert many.renew_every is None


async def test_a_service_that_is_away_is_told_of_when_the_others_are_renewed():
    bus = MemoryBus()
    _, many = delivery(bus, message("a"), message("b"))
    bus.errors.append(SourceUnavailable("away"))
    with pytest.raises(SourceUnavailable, match="away"):
        await many.renew()
    assert bus.done == [("renew", "b")]


async def test_locks_are_renewed_until_the_last_message_is_settled():
    bus = MemoryBus()
    soon = datetime.now(UTC) + timedelta(seconds=0.05)
    lane, many = delivery(bus, message("a", locked_until=soon), message("b", locked_until=soon))
    settle = lane.receiver.complete

    async def slow(one) -> None:
        while one.id == "b" and ("renew", "b") not in bus.done:  # noqa: ASYNC110 - somebody else's state
            await asyncio.sleep(0.005)
        await settle(one)

    lane.receiver.complete = slow  # type: ignore[method-assign]
    await many.complete()
    assert bus.done == [("complete", "a"), ("renew", "b"), ("complete", "b")]


async def test_a_renewal_that_comes_after_the_settlement_is_no_loss(caplog):
    bus = MemoryBus()
    lane, one = delivery(bus, message("a"))
    Losing(lane.receiver, "a")
    release = asyncio.Event()

    async def slow(_: object) -> None:
        await release.wait()

    lane.receiver.complete = slow  # type: ignore[method-assign]
    completing = asyncio.create_task(one.complete())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await one.renew()
    release.set()
    await completing
    assert not caplog.text


async def test_what_failed_for_want_of_a_service_is_given_back_after_a_growing_pause(caplog, monkeypatch):
    bus = MemoryBus()
    pauses: list[float] = []

    async def pause(_: object, seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(Lane, "pause", pause)
    for attempt in (1, 2, 9, 5000):
        await delivery(bus, message("a", attempt=attempt))[1].abandon(SourceUnavailable("away"))
    await delivery(bus, message("a"))[1].abandon(ValueError("bad"))
    assert pauses == [5, 10, 60, 60, 0]
    assert bus.done == [("abandon", "a")] * 5
    assert "comes again in 5 s, until" in caplog.text
