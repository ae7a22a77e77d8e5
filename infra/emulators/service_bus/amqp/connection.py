"""One connection of the AMQP server: handshake, frames, heartbeats, sessions, and an orderly end whatever comes."""

import asyncio
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from infra.emulators.service_bus.amqp.composites import Composite
from infra.emulators.service_bus.amqp.errors import AmqpError
from infra.emulators.service_bus.amqp.frames import (
    AMQP,
    AMQP_HEADER,
    SASL,
    SASL_HEADER,
    SMALLEST_MAX_FRAME,
    Frame,
    FrameReader,
    frame,
)
from infra.emulators.service_bus.amqp.performatives import (
    Begin,
    Close,
    End,
    Error,
    Open,
    SaslInit,
    SaslMechanisms,
    SaslOutcome,
)
from infra.emulators.service_bus.amqp.session import Acceptor, Session
from infra.emulators.service_bus.amqp.types import Array, Symbol

MAX_FRAME = 65536
_MOST_CHANNELS = 65535
_MECHANISMS = ("ANONYMOUS", "MSSBCBS", "PLAIN", "EXTERNAL")
_SASL_OK, _SASL_REFUSED = 0, 1
_WRITTEN_AT_ONCE = 64 * 1024
_HIGH_WATER = 256 * 1024
# Deliveries stop at the high-water mark; answers to a peer that asks and never reads stop here.
_TOO_MANY_ANSWERS = 8 * 1024 * 1024
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a server behaves on all its connections."""

    container_id: str
    idle_timeout: float = 240.0
    """After so many seconds of silence a peer counts as dead."""


class Connection(asyncio.Protocol):
    """Serves one peer; everything happens in the event loop's callbacks, nothing waits."""

    def __init__(self, manner: Manner, acceptor: Callable[["Connection"], Acceptor]) -> None:
        self.on_closed: Callable[[], None] = lambda: None
        self._manner = manner
        self._acceptor = acceptor(self)
        self._reader = FrameReader(MAX_FRAME)
        self._step: Callable[[], bool] = self._read_header
        self._sessions: dict[int, Session] = {}
        self._peer: Open | None = None
        self._opened = self._closing = self._paused = False
        self._outgoing: list[bytes] = []
        self._outgoing_size = 0
        self._timers: list[asyncio.TimerHandle] = []
        self._heard = self._said = 0.0

    @property
    def max_frame_size(self) -> int:
        asked = MAX_FRAME if self._peer is None or self._peer.max_frame_size is None else self._peer.max_frame_size
        return max(SMALLEST_MAX_FRAME, min(asked, MAX_FRAME))

    @property
    def writable(self) -> bool:
        return not self._paused and not self._closing

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=_HIGH_WATER)
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop = asyncio.get_running_loop()
        self._heard = self._said = self._loop.time()
        self._every(self._manner.idle_timeout / 2, self._check_peer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = True
        for timer in self._timers:
            timer.cancel()
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            session.ended()
        self.on_closed()

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        self._reader.feed(data)
        try:
            while not self._closing and self._step():
                pass
        except AmqpError as error:
            self.close(error)
        except Exception:  # a defect must not leave the peer waiting
            _log.exception("The Service Bus emulator failed on a frame; the connection is closed.")
            self.close(AmqpError("amqp:internal-error", "The emulator failed; its log says why."))

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._transport.resume_reading()
        for session in list(self._sessions.values()):
            session.pump()

    def send(self, channel: int, body: Composite | None, payload: bytes = b"") -> None:
        """Writes a frame, together with others of the same turn of the loop."""
        if not self._closing:
            self._write(frame(channel, body, payload))

    def close(self, error: AmqpError | None = None) -> None:
        """Says that it is over, and why, and ends the connection."""
        if self._closing:
            return
        if self._opened:
            self.send(0, Close(error=None if error is None else Error.of(error)))
        elif error is not None and self._step == self._read_frame:
            self._open()
            self.send(0, Close(error=Error.of(error)))
        self._closing = True
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Ends the connection without a word, even if the peer reads nothing."""
        self._closing = True
        self._transport.abort()

    def _read_header(self) -> bool:
        header = self._reader.header()
        if header is None:
            return False
        if header == SASL_HEADER:
            self._write(SASL_HEADER)
            mechanisms = Array(Symbol, tuple(Symbol(name) for name in _MECHANISMS))
            self._write(frame(0, SaslMechanisms(sasl_server_mechanisms=mechanisms), kind=SASL))
            self._step = self._read_sasl
            return True
        self._write(AMQP_HEADER)
        self._step = self._read_frame
        if header != AMQP_HEADER:
            # AMQP: say which protocol would have been understood, and hang up.
            self.close()
        return True

    def _read_sasl(self) -> bool:
        received = self._reader.frame()
        if received is None:
            return False
        init = received.body
        if received.kind != SASL or not isinstance(init, SaslInit):
            raise AmqpError("amqp:not-allowed", "A SASL frame with a mechanism was expected.")
        known = init.mechanism in _MECHANISMS
        self._write(frame(0, SaslOutcome(code=_SASL_OK if known else _SASL_REFUSED), kind=SASL))
        self._step = self._read_header
        if not known:
            self.close()
        return True

    def _read_frame(self) -> bool:
        received = self._reader.frame()
        if received is None:
            return False
        if received.kind != AMQP:
            raise AmqpError("amqp:not-allowed", "A SASL frame came after the handshake.")
        if received.body is not None:
            self._handle(received, received.body)
        return True

    def _handle(self, received: Frame, body: Composite) -> None:
        if isinstance(body, Open):
            self._peer_opened(body)
        elif not self._opened:
            raise AmqpError("amqp:not-allowed", f"{type(body).__name__} came before open.")
        elif isinstance(body, Close):
            self.close()
        elif isinstance(body, Begin):
            self._begin(received.channel, body)
        else:
            self._in_session(received, body)

    def _peer_opened(self, peer: Open) -> None:
        if self._opened:
            raise AmqpError("amqp:not-allowed", "The connection is open already.")
        self._peer = peer
        self._open()
        if peer.idle_time_out:
            # Half of what the peer allows, as AMQP advises, and a look twice as often.
            self._every(peer.idle_time_out / 4000, self._give_sign_of_life)

    def _open(self) -> None:
        self._opened = True
        timeout = round(self._manner.idle_timeout * 1000)
        mine = Open(
            container_id=self._manner.container_id,
            max_frame_size=MAX_FRAME,
            channel_max=_MOST_CHANNELS,
            idle_time_out=timeout,
        )
        self.send(0, mine)

    def _begin(self, channel: int, body: Begin) -> None:
        if channel in self._sessions:
            raise AmqpError("amqp:not-allowed", f"Channel {channel} has a session already.")
        self._sessions[channel] = Session(self, channel, body, self._acceptor)

    def _in_session(self, received: Frame, body: Composite) -> None:
        session = self._sessions.get(received.channel)
        if session is None:
            raise AmqpError("amqp:not-allowed", f"Channel {received.channel} has no session.")
        if isinstance(body, End):
            del self._sessions[received.channel]
            session.ended()
            self.send(received.channel, End())
        else:
            session.received(body, received.payload)

    def _write(self, data: bytes) -> None:
        if not self._outgoing:
            self._loop.call_soon(self._flush)
        self._outgoing.append(data)
        self._outgoing_size += len(data)
        if self._outgoing_size > _WRITTEN_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        if not self._outgoing:
            return
        data, self._outgoing, self._outgoing_size = b"".join(self._outgoing), [], 0
        self._said = self._loop.time()
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > _TOO_MANY_ANSWERS:
            self._transport.pause_reading()

    def _every(self, seconds: float, act: Callable[[float], None]) -> None:
        index = len(self._timers)

        def again() -> None:
            act(seconds)
            if not self._closing:
                self._timers[index] = self._loop.call_later(seconds, again)

        self._timers.append(self._loop.call_later(seconds, again))

    def _check_peer(self, _: float) -> None:
        if self._loop.time() - self._heard > self._manner.idle_timeout:
            self.close(AmqpError("amqp:resource-limit-exceeded", "Nothing was heard for too long."))
            self.abort()

    def _give_sign_of_life(self, interval: float) -> None:
        if self._loop.time() - self._said >= interval and not self._closing:
            self.send(0, None)
