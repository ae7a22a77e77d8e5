"""From a message as the SDK received it to an event with all that Azure's metadata says of it."""

import base64
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from triggers.binding_data import json_properties
from triggers.contract import Event
from triggers.service_bus_bus import Message

_LONGEST_TIME_TO_LIVE = timedelta(days=1)
_TRACES = ("traceparent", "Diagnostic-Id")


def received(message: Any) -> Message:
    """What the SDK's message says, in Azure's names; takes anything with its attributes."""
    # The protocol counts failed deliveries, Azure's host this one too.
    attempt = int(message.delivery_count or 0) + 1
    properties = {**_broker(message), **_sender(message), "DeliveryCount": attempt}
    token = properties.get("LockToken")
    return Message(
        id=str(properties.get("MessageId") or token or uuid.uuid4()),
        body=_body(message),
        properties={name: value for name, value in properties.items() if value is not None},
        attempt=attempt,
        enqueued=_utc(message.enqueued_time_utc),
        locked_until=_utc(message.locked_until_utc),
        handle=message,
    )


def message_event(message: Message, *, binary: bool = False) -> Event:
    """The event that one message came; its body as text unless it is to stay bytes or is no UTF-8."""
    body = message.body or b""
    text = body.decode(errors="replace")
    return Event(
        id=message.id,
        data=body if binary or text.encode() != body else text,
        metadata={**json_properties(text), **message.properties},
        attempt=message.attempt,
        traceparent=_trace(message),
    )


def batch_event(messages: Sequence[Message]) -> Event:
    """The event that several messages came together: their bodies, and each name of the metadata as an array."""
    names = {name for message in messages for name in message.properties}
    return Event(
        id=str(uuid.uuid4()),
        data=[message.body or b"" for message in messages],
        metadata={f"{name}Array": [message.properties.get(name) for message in messages] for name in sorted(names)},
        attempt=max(message.attempt for message in messages),
    )


def _broker(message: Any) -> dict[str, object]:
    """What the service says of a message."""
    enqueued, expires = _time(message.enqueued_time_utc), _time(message.expires_at_utc)
    token = message.lock_token
    return {
        "LockToken": None if token is None else str(token),
        "SequenceNumber": message.sequence_number,
        "EnqueuedSequenceNumber": message.enqueued_sequence_number,
        "EnqueuedTimeUtc": enqueued,
        "EnqueuedTime": enqueued,
        "ExpiresAtUtc": expires,
        "ExpiresAt": expires,
        "LockedUntil": _time(message.locked_until_utc),
        "ScheduledEnqueueTimeUtc": _time(message.scheduled_enqueue_time_utc),
        "State": int(message.state),
        "DeadLetterSource": message.dead_letter_source,
        "DeadLetterReason": message.dead_letter_reason,
        "DeadLetterErrorDescription": message.dead_letter_error_description,
    }


def _sender(message: Any) -> dict[str, object]:
    """What whoever sent a message says of it."""
    custom = _plain_properties(message.application_properties or {})
    return {
        "MessageId": _text(message.message_id),
        "ContentType": message.content_type,
        "CorrelationId": _text(message.correlation_id),
        "ReplyTo": message.reply_to,
        "ReplyToSessionId": message.reply_to_session_id,
        "SessionId": message.session_id,
        "PartitionKey": message.partition_key,
        "TransactionPartitionKey": _annotation(message, b"x-opt-via-partition-key"),
        "Subject": message.subject,
        "Label": message.subject,
        "To": message.to,
        "TimeToLive": _length(message.time_to_live),
        "ApplicationProperties": custom,
        "UserProperties": custom,
    }


def _body(message: Any) -> bytes | None:
    if message.body_type.name == "DATA":
        return b"".join(message.body)
    if message.body_type.name == "VALUE":
        value = message.body
        return value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else None
    return None


def _annotation(message: Any, name: bytes) -> str | None:
    value = (message.raw_amqp_message.annotations or {}).get(name)
    return None if value is None else str(_plain(value))


def _plain_properties(properties: Mapping[Any, Any]) -> dict[str, object]:
    return {str(_plain(name)): _plain(value) for name, value in properties.items()}


def _plain(value: object) -> object:
    """As JSON can say it; the SDK gives text as bytes, and what is no text comes in base 64.

    A time of the sender's is a number here already: the SDK decodes it to milliseconds.
    """
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return _plain_properties(value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return _time(value)
    return value if isinstance(value, str | int | float) or value is None else str(value)


def _text(value: object) -> str | None:
    return None if value is None else str(_plain(value))


def _time(value: datetime | None) -> str | None:
    utc = _utc(value)
    return None if utc is None else utc.isoformat()


def _utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


def _length(value: timedelta | None) -> str | None:
    """As azure.functions reads it, which is lengths of less than a day."""
    if value is None or value >= _LONGEST_TIME_TO_LIVE:
        return None
    minutes, seconds = divmod(int(value.total_seconds()), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


def _trace(message: Message) -> str | None:
    custom = message.properties.get("ApplicationProperties")
    known = custom if isinstance(custom, Mapping) else {}
    return next((str(known[name]) for name in _TRACES if known.get(name)), None)
