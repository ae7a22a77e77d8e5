import uuid
from datetime import timedelta

import pytest

from infra.emulators.service_bus.amqp.types import Array, Long, Timestamp
from infra.emulators.service_bus.broker.config import NamespaceConfig
from infra.emulators.service_bus.broker.contract import Locked
from infra.emulators.service_bus.message import decode, encode, value_of
from tests.support.bus_desk import NOON, BusDesk, message

LOST = uuid.UUID(int=9)


@pytest.fixture
def bus() -> BusDesk:
    return BusDesk(NamespaceConfig.of(queues=["q"]))


def take(bus: BusDesk, path: str = "q") -> Locked | None:
    receiver = bus.namespace.entity(path).open_receiver(mode="peek_lock", wake=lambda: None)  # type: ignore[union-attr]
    locked = receiver.take()
    receiver.close()
    return locked


def taken(bus: BusDesk, path: str = "q") -> Locked:
    locked = take(bus, path)
    assert locked is not None
    return locked


def texts(body: dict) -> list[object]:
    return [value_of(decode(entry["message"])) for entry in body["messages"]]


def test_peek(bus) -> None:
    bus.send("q", "a", "b", "c")
    status, body = bus.ask("q", "peek-message", from_sequence_number=2, message_count=5)

    assert (status, texts(body)) == (200, ["b", "c"])
    assert all("lock-token" not in entry for entry in body["messages"])


def test_schedule_and_cancel(bus) -> None:
    when = Timestamp.of(NOON + timedelta(hours=1))
    later = message("later")
    later.annotations["x-opt-scheduled-enqueue-time"] = when
    status, body = bus.ask("q", "schedule-message", messages=[{"message": encode(later)}])
    assert (status, body) == (200, {"sequence-numbers": Array(Long, (Long(1),))})
    bus.clock.advance(1800)
    assert take(bus) is None
    assert bus.ask("q", "cancel-scheduled-message", sequence_numbers=Array(Long, (Long(1),))) == (200, {})
    bus.clock.advance(3600)

    assert take(bus) is None


def test_what_cannot_be_scheduled(bus) -> None:
    status, why = bus.ask("q", "schedule-message", messages=[{"message": encode(message("now"))}])
    assert (status, why) == (400, "com.microsoft:argument-error")
    assert bus.ask("q", "schedule-message", messages=[{"message": "text"}])[0] == 400
    assert bus.ask("q", "schedule-message", messages=[{"message": b"\xff"}]) == (400, "amqp:decode-error")


def test_a_lock_is_renewed(bus) -> None:
    bus.send("q", "a")
    token = taken(bus).lock_token
    bus.clock.advance(30)
    status, body = bus.ask("q", "renew-lock", lock_tokens=Array(uuid.UUID, (token,)))

    assert (status, body) == (200, {"expirations": Array(Timestamp, (Timestamp.of(NOON + timedelta(seconds=90)),))})
    assert bus.ask("q", "renew-lock", lock_tokens=[LOST]) == (410, "com.microsoft:message-lock-lost")


def test_deferred_messages(bus) -> None:
    bus.send("q", "a")
    assert (
        bus.ask("q", "update-disposition", disposition_status="defered", lock_tokens=[taken(bus).lock_token])[0] == 200
    )
    status, body = bus.ask("q", "receive-by-sequence-number", sequence_numbers=[1], receiver_settle_mode=1)
    assert (status, texts(body)) == (200, ["a"])
    token = body["messages"][0]["lock-token"]
    assert bus.ask("q", "update-disposition", disposition_status="abandoned", lock_tokens=[token])[0] == 200
    assert bus.ask("q", "receive-by-sequence-number", sequence_numbers=[1], receiver_settle_mode=0)[0] == 200

    assert bus.ask("q", "receive-by-sequence-number", sequence_numbers=[1]) == (404, "com.microsoft:message-not-found")


def test_a_message_is_completed(bus) -> None:
    bus.send("q", "a")
    settle = {"disposition_status": "completed", "lock_tokens": [taken(bus).lock_token]}

    assert bus.ask("q", "update-disposition", **settle) == (200, {})
    assert bus.ask("q", "update-disposition", **settle) == (410, "com.microsoft:message-lock-lost")


def test_a_message_is_abandoned_with_changes(bus) -> None:
    bus.send("q", "a")
    settle = {"disposition_status": "abandoned", "lock_tokens": [taken(bus).lock_token]}
    bus.ask("q", "update-disposition", **settle, properties_to_modify={"tried": "once"})
    again = taken(bus)

    assert (again.delivery_count, again.message.application_properties) == (1, {"tried": "once"})


def test_a_message_is_made_a_dead_letter(bus) -> None:
    bus.send("q", "a")
    settle = {"disposition_status": "suspended", "lock_tokens": [taken(bus).lock_token]}
    bus.ask("q", "update-disposition", **settle, deadletter_reason="why", deadletter_description="because")
    dead = taken(bus, "q/$DeadLetterQueue")

    assert dead.message.application_properties == {"DeadLetterReason": "why", "DeadLetterErrorDescription": "because"}


def test_a_status_that_settles_nothing(bus) -> None:
    bus.send("q", "a")
    settle = {"disposition_status": "burnt", "lock_tokens": [taken(bus).lock_token]}

    assert bus.ask("q", "update-disposition", **settle) == (400, "com.microsoft:argument-error")
