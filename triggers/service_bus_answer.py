"""The messages that an output value becomes, and what they carry of the message that caused them."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triggers.service_bus_bus import Outgoing

_NAMESPACE = uuid.UUID("8f1a3b5e-6a44-5c1b-9f0c-2d6f4f1b7a90")
_TEXT = "text/plain"
_BYTES = "application/octet-stream"
_TRACES = ("traceparent", "tracestate", "Diagnostic-Id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Who answers, and to which message: empty fields when the event was none of Service Bus."""

    message_id: str = ""
    correlation_id: str | None = None
    session_id: str | None = None
    properties: Mapping[str, str] | None = None

    def id_of(self, output: str, index: int) -> str:
        """The same for every attempt at one message, so that a second answer can be told for what it is."""
        if not self.message_id:
            return str(uuid.uuid4())
        return str(uuid.uuid5(_NAMESPACE, json.dumps([self.message_id, output, index])))


def cause_of(metadata: Mapping[str, object]) -> Cause:
    """What answers to the message with this metadata carry; for several messages at once, only derived ids."""
    many = metadata.get("MessageIdArray") or metadata.get("SequenceNumberArray")
    if isinstance(many, Sequence):
        return Cause(message_id=json.dumps(many, default=str))
    message_id = metadata.get("MessageId")
    # Without an id of the sender's, what the service counted is what tells one message from another.
    known = message_id or f"{metadata.get('SequenceNumber')}/{metadata.get('EnqueuedTimeUtc')}"
    custom = metadata.get("ApplicationProperties")
    traces = {n: str(custom[n]) for n in _TRACES if custom.get(n)} if isinstance(custom, Mapping) else {}
    return Cause(
        message_id=str(known),
        correlation_id=_text(metadata.get("CorrelationId") or message_id),
        session_id=_text(metadata.get("ReplyToSessionId") or metadata.get("SessionId")),
        properties=traces,
    )


def answers(value: object, cause: Cause, output: str) -> Sequence[Outgoing]:
    """One message, or one per element of a text that is a JSON array; raises TypeError.

    `output` tells the function and its output from others.
    """
    return [
        Outgoing(
            body=body,
            content_type=content_type,
            message_id=cause.id_of(output, index),
            correlation_id=cause.correlation_id,
            session_id=cause.session_id,
            application_properties=cause.properties or {},
        )
        for index, (body, content_type) in enumerate(_bodies(value))
    ]


def _bodies(value: object) -> Sequence[tuple[bytes, str]]:
    if isinstance(value, bytes | bytearray | memoryview):
        return [(bytes(value), _BYTES)]
    if not isinstance(value, str):
        raise TypeError(f"A Service Bus output got a {type(value).__name__}; return text or bytes.")
    elements = _array(value)
    if elements is None:
        return [(value.encode(), _TEXT)]
    return [((one if isinstance(one, str) else json.dumps(one)).encode(), _TEXT) for one in elements]


def _array(text: str) -> list[object] | None:
    if not text.lstrip().startswith("["):
        return None
    try:
        document: list[object] = json.loads(text)
    except ValueError:
        return None
    return document


def _text(value: object) -> str | None:
    return None if value is None else str(value)
