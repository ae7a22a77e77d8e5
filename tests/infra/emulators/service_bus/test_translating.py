import uuid
from datetime import UTC, datetime

import pytest

from infra.emulators.service_bus.amqp.errors import AmqpError
from infra.emulators.service_bus.amqp.types import Timestamp
from infra.emulators.service_bus.broker.contract import Locked, State, Stored
from infra.emulators.service_bus.broker.errors import EntityNotFound
from infra.emulators.service_bus.message import Message, decode
from infra.emulators.service_bus.translating import encoded, refusals_as_amqp, ticks, wants_schedule

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
AT_NOON = Timestamp.of(NOON)


def test_a_refusal_keeps_its_condition_and_its_sentence() -> None:
    with pytest.raises(AmqpError, match="There is none") as refused, refusals_as_amqp():
        raise EntityNotFound("There is none.")

    assert refused.value.condition == "amqp:not-found"


def test_a_locked_message_says_until_when() -> None:
    locked = Locked(
        message=Message(body=b""), sequence_number=5, enqueued=NOON, lock_token=uuid.UUID(int=1), locked_until=NOON
    )

    assert decode(encoded(locked)).annotations == {
        "x-opt-sequence-number": 5,
        "x-opt-enqueued-time": AT_NOON,
        "x-opt-message-state": 0,
        "x-opt-locked-until": AT_NOON,
    }
    assert uuid.UUID(int=1).bytes in encoded(locked)


def test_a_scheduled_message_says_when_it_appears() -> None:
    stored = Stored(
        message=Message(body=b""),
        sequence_number=5,
        enqueued=NOON,
        state=State.SCHEDULED,
        scheduled_for=NOON,
        dead_letter_source="q",
        enqueued_sequence_number=3,
    )
    annotations = decode(encoded(stored)).annotations

    assert annotations["x-opt-message-state"] == 2
    assert annotations["x-opt-scheduled-enqueue-time"] == AT_NOON
    assert annotations["x-opt-deadletter-source"] == "q"
    assert annotations["x-opt-enqueue-sequence-number"] == 3


def test_ticks_are_those_of_dotnet() -> None:
    assert ticks(datetime(1970, 1, 1, tzinfo=UTC)) == 621355968000000000
    assert ticks(datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=UTC)) == 10


def test_when_a_message_wants_to_appear() -> None:
    assert wants_schedule(Message(body=b"")) is None
    assert wants_schedule(Message(body=b"", annotations={"x-opt-scheduled-enqueue-time": AT_NOON})) == NOON
    assert wants_schedule(Message(body=b"", annotations={"x-opt-scheduled-enqueue-time": "noon"})) is None
