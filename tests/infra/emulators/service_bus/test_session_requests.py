from datetime import UTC, datetime, timedelta

import pytest

from infra.emulators.service_bus.amqp.types import Array, Timestamp
from infra.emulators.service_bus.broker.config import NamespaceConfig, QueueConfig
from infra.emulators.service_bus.broker.contract import SessionRequest
from infra.emulators.service_bus.broker.queue import Queue
from tests.support.bus_desk import NOON, BusDesk

NEVER = Timestamp.of(datetime.max.replace(tzinfo=UTC)) + 1


@pytest.fixture
def bus() -> BusDesk:
    return BusDesk(NamespaceConfig(queues=(QueueConfig(name="q", requires_session=True),)))


def hold(bus: BusDesk, session: str) -> None:
    queue = bus.namespace.entity("q")
    assert isinstance(queue, Queue)
    receiver = queue.open_receiver(mode="peek_lock", session=SessionRequest(id=session), wake=lambda: None)
    bus.desk.receivers[f"link of {session}"] = receiver


def test_a_lock_is_renewed_by_its_holder(bus) -> None:
    hold(bus, "a")
    hold(bus, "b")
    bus.clock.advance(30)
    status, body = bus.ask("q", "renew-session-lock", session_id="a", link="link of a")

    assert (status, body) == (200, {"expiration": Timestamp.of(NOON + timedelta(seconds=90))})
    stranger = bus.ask("q", "renew-session-lock", session_id="a", link="link of b")
    assert stranger == (410, "com.microsoft:session-lock-lost")


def test_a_state_is_kept(bus) -> None:
    hold(bus, "a")
    assert bus.ask("q", "get-session-state", session_id="a") == (200, {"session-state": None})
    assert bus.ask("q", "set-session-state", session_id="a", session_state=b"x") == (200, {})

    assert bus.ask("q", "get-session-state", session_id="a") == (200, {"session-state": b"x"})


def test_sessions_are_listed(bus) -> None:
    bus.send("q", "1", group_id="a")
    bus.send("q", "2", group_id="b")
    hold(bus, "b")
    bus.clock.advance(10)
    bus.ask("q", "set-session-state", session_id="b", session_state=b"x")

    everyone = {"top": 10, "skip": 0, "last_updated_time": Timestamp(NEVER)}
    assert bus.ask("q", "get-message-sessions", **everyone) == (
        200,
        {"skip": 2, "sessions-ids": Array(str, ("a", "b"))},
    )
    assert bus.ask("q", "get-message-sessions", **{**everyone, "skip": 1})[1]["sessions-ids"].items == ("b",)
    since = Timestamp.of(NOON + timedelta(seconds=5))
    assert bus.ask("q", "get-message-sessions", top=10, last_updated_time=since)[1]["sessions-ids"].items == ("b",)
    much_later = Timestamp.of(NOON + timedelta(days=5))
    assert bus.ask("q", "get-message-sessions", top=10, last_updated_time=much_later) == (204, {})
