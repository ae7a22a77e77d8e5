"""What the broker says, in AMQP's words: its errors, and what it adds to messages."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from infra.emulators.service_bus.amqp.errors import AmqpError
from infra.emulators.service_bus.amqp.types import Int, Long, Timestamp
from infra.emulators.service_bus.broker.contract import Locked, State, Stored
from infra.emulators.service_bus.broker.errors import BrokerError
from infra.emulators.service_bus.message import Message, encode

_YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)
_TICKS_PER_SECOND = 10_000_000


@contextmanager
def refusals_as_amqp() -> Iterator[None]:
    """What the broker refuses becomes an AmqpError, with the condition that clients look for."""
    try:
        yield
    except BrokerError as refusal:
        raise AmqpError(refusal.condition, refusal.text) from refusal


def encoded(stored: Stored) -> bytes:
    """The message as a receiver gets it, with the broker's annotations."""
    token = {"x-opt-lock-token": stored.lock_token} if isinstance(stored, Locked) else None
    return encode(
        stored.message,
        delivery_count=stored.delivery_count,
        annotations=_annotations(stored),
        delivery_annotations=token,
    )


def ticks(moment: datetime) -> Long:
    """A moment as .NET counts it."""
    passed = moment - _YEAR_ONE
    seconds = passed.days * 86400 + passed.seconds
    return Long(seconds * _TICKS_PER_SECOND + passed.microseconds * 10)


def wants_schedule(message: Message) -> datetime | None:
    """When the sender wants the message to appear."""
    wanted = message.annotations.get("x-opt-scheduled-enqueue-time")
    return wanted.moment() if isinstance(wanted, Timestamp) else None


def _annotations(stored: Stored) -> dict[str, object]:
    found: dict[str, object] = {
        "x-opt-sequence-number": Long(stored.sequence_number),
        "x-opt-enqueued-time": Timestamp.of(stored.enqueued),
        "x-opt-message-state": Int(stored.state),
    }
    if isinstance(stored, Locked):
        found["x-opt-locked-until"] = Timestamp.of(stored.locked_until)
    if stored.state == State.SCHEDULED and stored.scheduled_for is not None:
        found["x-opt-scheduled-enqueue-time"] = Timestamp.of(stored.scheduled_for)
    if stored.dead_letter_source is not None:
        found["x-opt-deadletter-source"] = stored.dead_letter_source
    if stored.enqueued_sequence_number is not None:
        found["x-opt-enqueue-sequence-number"] = Long(stored.enqueued_sequence_number)
    return found
