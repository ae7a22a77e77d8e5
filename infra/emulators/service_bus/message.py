"""One encoded AMQP message and its sections: what the broker reads is decoded, the body stays as it came."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

from infra.emulators.service_bus.amqp.composites import encode_composite, from_list
from infra.emulators.service_bus.amqp.decoding import decode as decode_value
from infra.emulators.service_bus.amqp.decoding import skip
from infra.emulators.service_bus.amqp.encoding import encode as encode_value
from infra.emulators.service_bus.amqp.errors import DecodeError
from infra.emulators.service_bus.amqp.types import (
    AnySymbol,
    AnyTimestamp,
    AnyUByte,
    AnyUInt,
    Symbol,
)

BATCH_FORMAT = 0x80013700
"""The message-format of a transfer whose data sections are one encoded message each."""

_HEADER, _DELIVERY, _ANNOTATIONS, _PROPERTIES, _APPLICATION, _DATA, _SEQUENCE, _VALUE, _FOOTER = range(0x70, 0x79)
_NAMES = {
    "amqp:header:list": _HEADER,
    "amqp:delivery-annotations:map": _DELIVERY,
    "amqp:message-annotations:map": _ANNOTATIONS,
    "amqp:properties:list": _PROPERTIES,
    "amqp:application-properties:map": _APPLICATION,
    "amqp:data:binary": _DATA,
    "amqp:amqp-sequence:list": _SEQUENCE,
    "amqp:amqp-value:*": _VALUE,
    "amqp:footer:map": _FOOTER,
}
_LARGEST_TTL = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    CODE: ClassVar[int] = _HEADER

    durable: bool | None = None
    priority: AnyUByte | None = None
    ttl: AnyUInt | None = None
    first_acquirer: bool | None = None
    delivery_count: AnyUInt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """What the sender says about its message. Ids keep their AMQP type: text, ULong, UUID or bytes."""

    CODE: ClassVar[int] = _PROPERTIES

    message_id: object = None
    user_id: bytes | None = None
    to: str | None = None
    subject: str | None = None
    reply_to: str | None = None
    correlation_id: object = None
    content_type: AnySymbol | None = None
    content_encoding: AnySymbol | None = None
    absolute_expiry_time: AnyTimestamp | None = None
    creation_time: AnyTimestamp | None = None
    group_id: str | None = None
    """What Service Bus calls the session id."""

    group_sequence: AnyUInt | None = None
    reply_to_group_id: str | None = None


@dataclass(slots=True, kw_only=True)
class Message:
    """One message as the broker keeps it."""

    body: bytes
    """The encoded body sections and the footer, untouched."""

    durable: bool = False
    priority: int = 4
    ttl: float | None = None
    """Seconds."""

    annotations: dict[str, object] = field(default_factory=dict)
    properties: Properties = field(default_factory=Properties)
    application_properties: dict[str, object] = field(default_factory=dict)
    size: int = 0
    """Bytes of the message as it came."""


def decode(data: bytes) -> Message:
    """Take an encoded message apart. Raises DecodeError."""
    found: dict[int, Any] = {}
    body = len(data)
    for code, value, position in _sections(data):
        if code in (_DATA, _SEQUENCE, _VALUE, _FOOTER):
            body = min(body, position)
        elif code in found:
            raise DecodeError(f"The message has section 0x{code:x} twice.")
        else:
            found[code] = decode_value(data, value)[0]
    header = from_list(Header, found.get(_HEADER, []))
    return Message(
        body=data[body:],
        durable=bool(header.durable),
        priority=4 if header.priority is None else int(header.priority),
        ttl=None if header.ttl is None else header.ttl / 1000,
        annotations=_entries(found.get(_ANNOTATIONS)),
        properties=from_list(Properties, found.get(_PROPERTIES, [])),
        application_properties=_entries(found.get(_APPLICATION)),
        size=len(data),
    )


def encode(
    message: Message,
    *,
    delivery_count: int | None = None,
    annotations: Mapping[str, object] | None = None,
    delivery_annotations: Mapping[str, object] | None = None,
) -> bytes:
    """The message with what the broker adds; its own annotations win over the sender's."""
    ttl = None if message.ttl is None else min(round(message.ttl * 1000), _LARGEST_TTL)
    header = Header(
        durable=message.durable or None,
        priority=None if message.priority == Message(body=b"").priority else message.priority,
        ttl=ttl,
        delivery_count=delivery_count,
    )
    parts = [encode_composite(header)]
    if delivery_annotations:
        parts.append(_section(_DELIVERY, _symbols(delivery_annotations)))
    both = {**message.annotations, **(annotations or {})}
    if both:
        parts.append(_section(_ANNOTATIONS, _symbols(both)))
    parts.append(encode_composite(message.properties))
    if message.application_properties:
        parts.append(_section(_APPLICATION, message.application_properties))
    parts.append(message.body)
    return b"".join(parts)


def split_batch(data: bytes) -> list[Message]:
    """The messages of a transfer of format `BATCH_FORMAT`. Raises DecodeError."""
    return [decode(_binary(data, value)) for code, value, _ in _sections(data) if code == _DATA]


def value_of(message: Message) -> object:
    """The body of a message that carries one AMQP value. Raises DecodeError for another kind of body."""
    for code, value, _ in _sections(message.body):
        if code == _VALUE:
            return cast(object, decode_value(message.body, value)[0])
    raise DecodeError("The message's body is no AMQP value.")


def value_body(value: object) -> bytes:
    """The body of a message that carries one AMQP value."""
    return _section(_VALUE, value)


def _sections(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The code of each section, where its value begins, and where it begins itself."""
    position = 0
    while position < len(data):
        end = skip(data, position)
        if data[position] != 0x00:
            raise DecodeError(f"At {position} there is no section of a message.")
        descriptor, value = decode_value(data, position + 1)
        code = _NAMES.get(descriptor) if isinstance(descriptor, str) else descriptor
        if not isinstance(code, int) or not _HEADER <= code <= _FOOTER:
            raise DecodeError(f"A message has no section {descriptor!r}.")
        yield code, value, position
        position = end


def _binary(data: bytes, position: int) -> bytes:
    value = decode_value(data, position)[0]
    if not isinstance(value, bytes):
        raise DecodeError("A data section of the batch holds no bytes.")
    return value


def _entries(section: object) -> dict[str, object]:
    """The entries of a map with names as keys; numbers as keys are reserved by AMQP and mean nothing."""
    if section is None:
        return {}
    if not isinstance(section, dict):
        raise DecodeError(f"A section that should be a map is {section!r}.")
    return {str(key): value for key, value in section.items() if isinstance(key, str)}


def _symbols(entries: Mapping[str, object]) -> dict[Symbol, object]:
    return {Symbol(key): value for key, value in entries.items()}


def _section(code: int, value: object) -> bytes:
    return bytes((0x00, 0x53, code)) + encode_value(value)
