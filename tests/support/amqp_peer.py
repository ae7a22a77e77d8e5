"""A client in memory for one connection of the AMQP server: says frames, and hears what is written."""

import asyncio
from typing import Any

from infra.emulators.service_bus.amqp.composites import Composite
from infra.emulators.service_bus.amqp.connection import Connection, Manner
from infra.emulators.service_bus.amqp.frames import AMQP_HEADER, Frame, FrameReader, frame
from infra.emulators.service_bus.amqp.performatives import Attach, Begin, Flow, Open, Transfer
from infra.emulators.service_bus.amqp.session import Acceptor
from infra.emulators.service_bus.amqp.types import Described, ULong

LARGEST = 1 << 31
MANNER = Manner(container_id="test")


class MemoryTransport(asyncio.Transport):
    """Keeps what is written until somebody reads it."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self.written = bytearray()
        self.closed = False
        self.stirred = asyncio.Event()
        """Something was written, or it was closed."""

        self.reading = True
        self._protocol = protocol

    def write(self, data: Any) -> None:
        self.written += data
        self.stirred.set()

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.stirred.set()
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def get_write_buffer_size(self) -> int:
        return len(self.written)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Peer:
    """Begins before its handshake; `opened` is past it."""

    def __init__(self, acceptor: Acceptor, manner: Manner = MANNER) -> None:
        self.connection = Connection(manner, lambda _: acceptor)
        self.transport = MemoryTransport(self.connection)
        self.connection.connection_made(self.transport)
        self._reader = FrameReader(LARGEST)

    @classmethod
    async def opened(cls, acceptor: Acceptor, *, window: int = 1000, **options: Any) -> "Peer":
        """With a connection and one session on channel 0."""
        peer = cls(acceptor)
        peer.connection.data_received(AMQP_HEADER)
        peer.say(Open(container_id="peer", **options))
        peer.say(Begin(next_outgoing_id=0, incoming_window=window, outgoing_window=1000))
        assert await peer.raw(len(AMQP_HEADER)) == AMQP_HEADER
        await peer.heard()
        return peer

    def say(self, body: Composite | None, payload: bytes = b"", *, channel: int = 0) -> None:
        self.connection.data_received(frame(channel, body, payload))

    async def raw(self, size: int) -> bytes:
        """The next bytes, whatever they mean."""
        await asyncio.sleep(0)
        data = bytes(self.transport.written[:size])
        del self.transport.written[:size]
        return data

    async def frames(self) -> list[Frame]:
        """What was said since the last time."""
        for _ in range(3):
            await asyncio.sleep(0)
        self._reader.feed(await self.raw(len(self.transport.written)))
        found = []
        while (each := self._reader.frame()) is not None:
            found.append(each)
        return found

    async def heard(self) -> list[Any]:
        """The bodies of `frames`."""
        return [each.body for each in await self.frames()]

    def attach_sender(self, address: str = "q", **fields: Any) -> None:
        """The peer sends on handle 0."""
        self.say(Attach(name="out", handle=0, role=False, initial_delivery_count=0, target=terminus(address), **fields))

    def attach_receiver(self, address: str = "q", *, credit: int = 0, **fields: Any) -> None:
        """The peer receives on handle 1."""
        fields = {"source": terminus(address), **fields}
        self.say(Attach(name="in", handle=1, role=True, **fields))
        if credit:
            self.give(credit)

    def give(self, credit: int, *, count: int = 0, handle: int = 1, **fields: Any) -> None:
        """Credit for handle 1."""
        windows = {"next_incoming_id": 0, "incoming_window": 1000, "next_outgoing_id": 0, "outgoing_window": 1000}
        self.say(Flow(handle=handle, delivery_count=count, link_credit=credit, **{**windows, **fields}))

    def transfer(self, payload: bytes, number: int = 0, **fields: Any) -> None:
        """A message on handle 0."""
        self.say(Transfer(handle=0, delivery_id=number, delivery_tag=b"t", **fields), payload)


def terminus(address: str, *more: object, code: int = 0x28) -> Described:
    """A source or a target."""
    return Described(ULong(code), [address, *more])
