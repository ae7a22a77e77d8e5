"""The two kinds of links, seen from the server: one that messages come in on, one that they go out on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from infra.emulators.service_bus.amqp.composites import Composite
from infra.emulators.service_bus.amqp.errors import AmqpError, DecodeError
from infra.emulators.service_bus.amqp.performatives import (
    SETTLED,
    Attach,
    Detach,
    Disposition,
    Error,
    Flow,
    Outcome,
    Rejected,
    Transfer,
)
from infra.emulators.service_bus.amqp.types import Described

_CREDIT = 1000
_MODULO = 1 << 32
_LARGEST_MESSAGE = 100 * 1024 * 1024


class Sink(Protocol):
    """What takes the messages of an incoming link."""

    def arrived(self, data: bytes, message_format: int) -> Outcome:
        """What becomes of a message. An AmqpError makes it rejected."""
        ...


class Outlet(Protocol):
    """What has messages for an outgoing link."""

    def next(self) -> "Outgoing | None":
        """The next message, or None; then `link.pump()` asks again. An AmqpError detaches the link."""
        ...

    def settle(self, tag: bytes, outcome: Outcome) -> Outcome:
        """What the peer decided about a delivery; returns what became of it. An AmqpError makes it rejected."""
        ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way to the peer."""

    tag: bytes
    data: bytes


class Carrier(Protocol):
    """What a link needs of its session."""

    def send(self, body: Composite) -> None: ...

    def send_flow(self, link_state: Flow) -> None:
        """A flow of a link; the session's own numbers are filled in."""
        ...

    def deliver(self, link: "OutgoingLink", message: Outgoing) -> None: ...

    @property
    def writable(self) -> bool: ...

    def forget(self, link: "Link") -> None: ...


class Link:
    """What both kinds have in common: how they open, and how they end."""

    def __init__(self, session: Carrier, request: Attach) -> None:
        self.request = request
        self.on_closed: Callable[[], None] = lambda: None
        """Called once, when an accepted or waiting link is gone, whoever ended it."""

        self._session = session
        self._answered = False
        self._ended = False

    @property
    def source_address(self) -> str | None:
        return _address(self.request.source)

    @property
    def target_address(self) -> str | None:
        return _address(self.request.target)

    def refuse(self, error: AmqpError) -> None:
        """Answers the attach as AMQP wants it: opened without a source and a target, and detached at once."""
        self._answer(replace(self._reply(), source=None, target=None))
        self.detach(error)

    def detach(self, error: AmqpError | None = None) -> None:
        """Ends the link from this side."""
        if not self._ended:
            what = None if error is None else Error.of(error)
            self._session.send(Detach(handle=self.request.handle, closed=True, error=what))
            self._session.forget(self)
            self.end()

    def detached(self, request: Detach) -> None:
        """The peer ends the link."""
        if not self._answered:
            self._answer(self._reply())
        self._session.send(Detach(handle=self.request.handle, closed=request.closed))
        self.end()

    def end(self) -> None:
        """The link is gone; nothing more is said about it."""
        if not self._ended:
            self._ended = True
            self.on_closed()

    def _answer(self, attach: Attach) -> None:
        self._answered = True
        self._session.send(attach)

    def _reply(self) -> Attach:
        asked = self.request
        return Attach(
            name=asked.name,
            handle=asked.handle,
            role=not asked.role,
            snd_settle_mode=asked.snd_settle_mode,
            rcv_settle_mode=asked.rcv_settle_mode,
            source=asked.source,
            target=asked.target,
            initial_delivery_count=0 if asked.role else None,
            max_message_size=_LARGEST_MESSAGE,
        )


class IncomingLink(Link):
    """The peer sends."""

    def __init__(self, session: Carrier, request: Attach) -> None:
        super().__init__(session, request)
        self._sink: Sink | None = None
        self._count = request.initial_delivery_count or 0
        self._credit = 0
        self._first: Transfer | None = None
        self._parts: list[bytes] = []
        self._size = 0

    def accept(self, sink: Sink, *, max_message_size: int | None = None) -> None:
        """Opens the link and asks for messages."""
        self._sink = sink
        self._answer(replace(self._reply(), max_message_size=max_message_size or _LARGEST_MESSAGE))
        self._grant()

    def transferred(self, transfer: Transfer, payload: bytes) -> None:
        """One frame of a message. Raises AmqpError when the peer does not keep to the rules."""
        if self._first is None:
            self._begun(transfer)
        self._parts.append(payload)
        self._size += len(payload)
        if self._size > _LARGEST_MESSAGE:
            text = f"A message has more than {_LARGEST_MESSAGE} bytes."
            raise AmqpError("amqp:link:message-size-exceeded", text)
        if not transfer.more:
            self._complete(transfer)

    def flowed(self, flow: Flow) -> None:
        """What the peer says of the link."""
        if flow.delivery_count is not None:
            self._count = flow.delivery_count
        if flow.echo:
            self._grant()

    def _begun(self, transfer: Transfer) -> None:
        if transfer.delivery_id is None:
            raise DecodeError("The first frame of a delivery is without a delivery-id.")
        if self._credit <= 0:
            text = f"The link {self.request.name} sends more messages than it was asked for."
            raise AmqpError("amqp:link:transfer-limit-exceeded", text)
        self._first = transfer
        self._count = (self._count + 1) % _MODULO
        self._credit -= 1

    def _complete(self, last: Transfer) -> None:
        first, data = self._first, b"".join(self._parts)
        self._first, self._parts, self._size = None, [], 0
        if first is not None and first.delivery_id is not None and not last.aborted:
            outcome = self._outcome(data, first.message_format or 0)
            if not (first.settled or last.settled):
                state = Disposition(role=True, first=first.delivery_id, settled=True, state=outcome)
                self._session.send(state)
        if self._credit <= _CREDIT // 2:
            self._grant()

    def _outcome(self, data: bytes, message_format: int) -> Outcome:
        if self._sink is None:
            raise AmqpError("amqp:not-allowed", f"The link {self.request.name} is not open.")
        try:
            return self._sink.arrived(data, message_format)
        except AmqpError as error:
            return Rejected(error=Error.of(error))

    def _grant(self) -> None:
        self._credit = _CREDIT
        flow = Flow(
            incoming_window=0,
            next_outgoing_id=0,
            outgoing_window=0,
            handle=self.request.handle,
            delivery_count=self._count,
            link_credit=self._credit,
        )
        self._session.send_flow(flow)


class OutgoingLink(Link):
    """The peer receives."""

    def __init__(self, session: Carrier, request: Attach) -> None:
        super().__init__(session, request)
        self.outlet: Outlet | None = None
        self.settled = request.snd_settle_mode == SETTLED
        self._count = 0
        self._credit = 0
        self._draining = False

    def accept(
        self, outlet: Outlet, *, source: Described | None = None, properties: dict[object, object] | None = None
    ) -> None:
        """Opens the link; with a `source`, that one is named instead of the one that the peer asked for."""
        self.outlet = outlet
        reply = self._reply()
        self._answer(replace(reply, source=source or reply.source, properties=properties))
        self.pump()

    def flowed(self, flow: Flow) -> None:
        """How many messages the peer wants."""
        if flow.link_credit is not None:
            self._credit = ((flow.delivery_count or 0) + flow.link_credit - self._count) % _MODULO
            self._draining = bool(flow.drain)
        self.pump()
        if flow.echo and not flow.drain:
            self._tell()

    def pump(self) -> None:
        """Sends what there is, as far as the peer wants it."""
        outlet = self.outlet
        if outlet is None or self._ended:
            return
        try:
            self._send_all(outlet)
        except AmqpError as error:
            self.detach(error)

    def _send_all(self, outlet: Outlet) -> None:
        while self._credit > 0 and self._session.writable:
            message = outlet.next()
            if message is None:
                break
            self._count = (self._count + 1) % _MODULO
            self._credit -= 1
            self._session.deliver(self, message)
        if self._draining and self._session.writable:
            self._count = (self._count + self._credit) % _MODULO
            self._credit, self._draining = 0, False
            self._tell(drain=True)

    def _tell(self, *, drain: bool = False) -> None:
        flow = Flow(
            incoming_window=0,
            next_outgoing_id=0,
            outgoing_window=0,
            handle=self.request.handle,
            delivery_count=self._count,
            link_credit=self._credit,
            drain=drain,
        )
        self._session.send_flow(flow)


def _address(terminus: Described | None) -> str | None:
    """What a source or a target names first; None where it names nothing."""
    if terminus is None or not isinstance(terminus.value, list) or not terminus.value:
        return None
    return terminus.value[0] if isinstance(terminus.value[0], str) else None
