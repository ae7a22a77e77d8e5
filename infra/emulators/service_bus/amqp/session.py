"""A session: the order of transfers, the windows of both sides, and the links that share them."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from infra.emulators.service_bus.amqp.composites import Composite
from infra.emulators.service_bus.amqp.errors import AmqpError
from infra.emulators.service_bus.amqp.links import IncomingLink, Link, Outgoing, OutgoingLink
from infra.emulators.service_bus.amqp.performatives import (
    Attach,
    Begin,
    Detach,
    Disposition,
    Error,
    Flow,
    Outcome,
    Received,
    Rejected,
    Transfer,
    state_of,
)

_MODULO = 1 << 32
_INCOMING_WINDOW = 5000
_OUTGOING_WINDOW = (1 << 31) - 1
_MOST_HANDLES = 65535
# A transfer frame without its payload: its head and its performative, with a tag of 32 bytes.
_HEAD_ROOM = 128


class Acceptor(Protocol):
    """Who decides about links: accepts or refuses them, now or later. An AmqpError refuses."""

    def incoming(self, link: IncomingLink) -> None: ...

    def outgoing(self, link: OutgoingLink) -> None: ...


class Wire(Protocol):
    """What a session needs of its connection."""

    @property
    def max_frame_size(self) -> int: ...

    @property
    def writable(self) -> bool: ...

    def send(self, channel: int, body: Composite, payload: bytes = b"") -> None: ...


@dataclass(frozen=True, slots=True)
class _Delivery:
    link: OutgoingLink
    tag: bytes


class Session:
    """One session of a connection, from its begin to its end."""

    def __init__(self, wire: Wire, channel: int, begin: Begin, acceptor: Acceptor) -> None:
        self._wire = wire
        self._channel = channel
        self._acceptor = acceptor
        self._links: dict[int, Link] = {}
        self._next_incoming = begin.next_outgoing_id
        self._incoming_window = _INCOMING_WINDOW
        self._next_outgoing = 0
        self._peer_window = begin.incoming_window
        self._next_delivery = 0
        self._unsettled: dict[int, _Delivery] = {}
        self._waiting: deque[tuple[Transfer, bytes]] = deque()
        self._handlers: dict[type, Callable[..., None]] = {
            Attach: self._attach,
            Flow: self._flow,
            Disposition: self._disposition,
            Detach: self._detach,
        }
        self.send(
            Begin(
                remote_channel=channel,
                next_outgoing_id=0,
                incoming_window=_INCOMING_WINDOW,
                outgoing_window=_OUTGOING_WINDOW,
                handle_max=_MOST_HANDLES,
            )
        )

    @property
    def writable(self) -> bool:
        """Whether links should give more."""
        return not self._waiting and self._wire.writable

    def received(self, body: Composite, payload: bytes) -> None:
        """One frame of the session. Raises AmqpError when the peer does not keep to the rules."""
        if isinstance(body, Transfer):
            self._transfer(body, payload)
            return
        handler = self._handlers.get(type(body))
        if handler is None:
            raise AmqpError("amqp:not-allowed", f"A session does not expect {type(body).__name__}.")
        handler(body)

    def pump(self) -> None:
        """There is room again: sends what waited, and asks the links for more."""
        self._send_waiting()
        for link in list(self._links.values()):
            if isinstance(link, OutgoingLink):
                link.pump()

    def ended(self) -> None:
        """The session is gone, and with it its links."""
        links, self._links = self._links, {}
        self._unsettled.clear()
        self._waiting.clear()
        for link in links.values():
            link.end()

    def send(self, body: Composite) -> None:
        self._wire.send(self._channel, body)

    def send_flow(self, link_state: Flow) -> None:
        """A flow of a link; the session's own numbers are filled in."""
        self._incoming_window = _INCOMING_WINDOW
        self.send(
            replace(
                link_state,
                next_incoming_id=self._next_incoming,
                incoming_window=_INCOMING_WINDOW,
                next_outgoing_id=self._next_outgoing,
                outgoing_window=_OUTGOING_WINDOW,
            )
        )

    def deliver(self, link: OutgoingLink, message: Outgoing) -> None:
        """Sends a message, in as many frames as it takes and as soon as the peer's window allows."""
        number, self._next_delivery = self._next_delivery, (self._next_delivery + 1) % _MODULO
        if not link.settled:
            self._unsettled[number] = _Delivery(link, message.tag)
        first = Transfer(
            handle=link.request.handle,
            delivery_id=number,
            delivery_tag=message.tag,
            message_format=0,
            settled=link.settled,
        )
        size = self._wire.max_frame_size - _HEAD_ROOM
        last = max(len(message.data) - 1, 0) // size
        for index in range(last + 1):
            frame = first if index == 0 else Transfer(handle=first.handle, delivery_id=number)
            part = message.data[index * size : (index + 1) * size]
            self._waiting.append((replace(frame, more=index < last), part))
        self._send_waiting()

    def forget(self, link: Link) -> None:
        """The link has ended; its handle is free again, and what it did not settle is nobody's."""
        if self._links.get(link.request.handle) is link:
            del self._links[link.request.handle]
        gone = [number for number, delivery in self._unsettled.items() if delivery.link is link]
        for number in gone:
            del self._unsettled[number]
        handle = link.request.handle
        self._waiting = deque(each for each in self._waiting if each[0].handle != handle)

    def _attach(self, request: Attach) -> None:
        if request.handle in self._links:
            raise AmqpError("amqp:session:handle-in-use", f"The handle {request.handle} is in use.")
        link = OutgoingLink(self, request) if request.role else IncomingLink(self, request)
        self._links[request.handle] = link
        try:
            if isinstance(link, OutgoingLink):
                self._acceptor.outgoing(link)
            else:
                self._acceptor.incoming(link)
        except AmqpError as error:
            link.refuse(error)

    def _detach(self, request: Detach) -> None:
        link = self._links.get(request.handle)
        if link is not None:
            self.forget(link)
            link.detached(request)

    def _transfer(self, transfer: Transfer, payload: bytes) -> None:
        self._next_incoming = (self._next_incoming + 1) % _MODULO
        self._incoming_window -= 1
        if self._incoming_window < 0:
            raise AmqpError("amqp:session:window-violation", "The peer sent more frames than the session's window.")
        link = self._links.get(transfer.handle)
        if isinstance(link, IncomingLink):
            link.transferred(transfer, payload)
        if self._incoming_window < _INCOMING_WINDOW // 2:
            self.send_flow(Flow(incoming_window=0, next_outgoing_id=0, outgoing_window=0))

    def _flow(self, flow: Flow) -> None:
        behind = (self._next_outgoing - (flow.next_incoming_id or 0)) % _MODULO
        self._peer_window = max(flow.incoming_window - behind, 0)
        if flow.handle is None:
            if flow.echo:
                self.send_flow(Flow(incoming_window=0, next_outgoing_id=0, outgoing_window=0))
            self.pump()
            return
        self._send_waiting()
        link = self._links.get(flow.handle)
        if isinstance(link, OutgoingLink | IncomingLink):
            link.flowed(flow)

    def _send_waiting(self) -> None:
        while self._waiting and self._peer_window > 0:
            transfer, payload = self._waiting.popleft()
            self._peer_window -= 1
            self._next_outgoing = (self._next_outgoing + 1) % _MODULO
            self._wire.send(self._channel, transfer, payload)

    def _disposition(self, disposition: Disposition) -> None:
        state = state_of(disposition.state)
        if not disposition.role or isinstance(state, Received):
            return
        for number in self._between(disposition.first, disposition.last):
            delivery = self._unsettled[number]
            if state is not None:
                outcome = _settle(delivery, state)
                if not disposition.settled:
                    self.send(Disposition(role=False, first=number, settled=True, state=outcome))
            if state is not None or disposition.settled:
                self._unsettled.pop(number, None)

    def _between(self, first: int, last: int | None) -> Iterator[int]:
        """The unsettled deliveries of a range, which may be far wider than they are many."""
        count = 0 if last is None else (last - first) % _MODULO
        if count < len(self._unsettled):
            numbers = [(first + index) % _MODULO for index in range(count + 1)]
            return iter([number for number in numbers if number in self._unsettled])
        return iter([number for number in self._unsettled if (number - first) % _MODULO <= count])


def _settle(delivery: _Delivery, state: Outcome) -> Outcome:
    if delivery.link.outlet is None:
        return state
    try:
        return delivery.link.outlet.settle(delivery.tag, state)
    except AmqpError as error:
        return Rejected(error=Error.of(error))
