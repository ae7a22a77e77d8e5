"""The outer form of what goes over an AMQP connection: protocol headers and frames."""

import struct
from dataclasses import dataclass

from infra.emulators.service_bus.amqp.composites import Composite, encode_composite
from infra.emulators.service_bus.amqp.decoding import decode
from infra.emulators.service_bus.amqp.errors import AmqpError, DecodeError
from infra.emulators.service_bus.amqp.performatives import read

AMQP_HEADER = b"AMQP\x00\x01\x00\x00"
SASL_HEADER = b"AMQP\x03\x01\x00\x00"
AMQP, SASL = 0, 1
"""The types of frames."""

SMALLEST_MAX_FRAME = 512
"""No peer may ask for less."""

_HEAD = struct.Struct(">IBBH")


@dataclass(frozen=True, slots=True)
class Frame:
    kind: int
    channel: int
    body: Composite | None
    """None for an empty frame: a sign of life."""

    payload: bytes


class FrameReader:
    """Takes bytes as they come and hands out whole headers and frames."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def header(self) -> bytes | None:
        """The eight bytes of a protocol header, or None until they are there."""
        return self._taken(len(AMQP_HEADER)) if len(self._buffer) >= len(AMQP_HEADER) else None

    def frame(self) -> Frame | None:
        """The next frame, or None until it is there. Raises DecodeError, and AmqpError for one that is too large."""
        if len(self._buffer) < _HEAD.size:
            return None
        size, offset, kind, channel = _HEAD.unpack_from(self._buffer)
        start = offset * 4
        if not _HEAD.size <= start <= size or kind not in (AMQP, SASL):
            raise DecodeError(f"A frame of {size} bytes, type {kind}, cannot begin its body at {start}.")
        if size > self._largest:
            text = f"A frame has {size} bytes; at most {self._largest} were agreed on."
            raise AmqpError("amqp:connection:framing-error", text)
        if len(self._buffer) < size:
            return None
        data = self._taken(size)
        if start == size:
            return Frame(kind, channel, None, b"")
        value, end = decode(data, start)
        return Frame(kind, channel, read(value), data[end:])

    def _taken(self, size: int) -> bytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data


def frame(channel: int, body: Composite | None, payload: bytes = b"", *, kind: int = AMQP) -> bytes:
    """The bytes of one frame."""
    content = b"" if body is None else encode_composite(body)
    return _HEAD.pack(_HEAD.size + len(content) + len(payload), 2, kind, channel) + content + payload
