"""Links that clients receive on: messages go out under a lock, and what the client decides comes back."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from infra.emulators.service_bus.amqp.errors import AmqpError
from infra.emulators.service_bus.amqp.links import Outgoing, OutgoingLink
from infra.emulators.service_bus.amqp.performatives import Accepted, Modified, Outcome, Rejected, Released
from infra.emulators.service_bus.amqp.types import Described, Symbol
from infra.emulators.service_bus.broker.contract import ReceiveMode, Receiver, SessionRequest, Source
from infra.emulators.service_bus.broker.errors import NoSessionAvailable
from infra.emulators.service_bus.translating import encoded, refusals_as_amqp, ticks

SESSION_FILTER = "com.microsoft:session-filter"
_TIMEOUT = "com.microsoft:timeout"
_LOCKED_UNTIL = "com.microsoft:locked-until-utc"
_DEFAULT_PATIENCE = 65.0
_FILTER_FIELD = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where the links of one connection are accepted from: what they share."""

    receivers: dict[str, Receiver]
    """Open receivers by the names of their links, which requests to the management node refer to."""

    touched: Callable[[], None]
    """Called when the broker was changed, so that its next moment is looked up again."""


class EntityOutlet:
    """Takes from one entity what a link has room for, and settles it."""

    def __init__(self, source: Source, receiver: Receiver, desk: Desk) -> None:
        self._source = source
        self._receiver = receiver
        self._desk = desk

    def next(self) -> Outgoing | None:
        with refusals_as_amqp():
            locked = self._receiver.take()
        if locked is None:
            return None
        self._desk.touched()
        return Outgoing(locked.lock_token.bytes_le, encoded(locked))

    def settle(self, tag: bytes, outcome: Outcome) -> Outcome:
        """Does what the client decided. The answer is the same outcome, which is how clients know that it was done."""
        token = uuid.UUID(bytes_le=tag)
        with refusals_as_amqp():
            self._settle(token, outcome)
        self._desk.touched()
        # A rejection that carries an error would mean that it failed.
        return Rejected() if isinstance(outcome, Rejected) else outcome

    def _settle(self, token: uuid.UUID, outcome: Outcome) -> None:
        match outcome:
            case Accepted():
                self._source.complete(token)
            case Released():
                self._source.release(token)
            case Modified(undeliverable_here=True):
                self._source.defer(token, _changes(outcome.message_annotations))
            case Modified():
                self._source.abandon(token, _changes(outcome.message_annotations))
            case Rejected():
                self._dead_letter(token, outcome)

    def _dead_letter(self, token: uuid.UUID, outcome: Rejected) -> None:
        why = outcome.why()
        changes = _changes(why.info if why is not None else None)
        reason = changes.pop("DeadLetterReason", None)
        description = changes.pop("DeadLetterErrorDescription", None)
        self._source.dead_letter(token, _text(reason), _text(description), changes)


class Opening:
    """One attach of a receiving link, until it is accepted or refused; it may have to wait for a free session."""

    def __init__(self, source: Source, link: OutgoingLink, desk: Desk) -> None:
        self._source = source
        self._link = link
        self._desk = desk
        self._mode: ReceiveMode = "receive_and_delete" if link.settled else "peek_lock"
        self._session = session_request(link.request.source)
        self._give_up: list[Callable[[], None]] = []

    def start(self) -> None:
        """Accepts, refuses with an AmqpError, or begins to wait."""
        try:
            self._accept()
        except NoSessionAvailable as nothing:
            self._wait(nothing)

    def _accept(self) -> None:
        pump = Soon(self._link.pump)
        receiver = self._source.open_receiver(mode=self._mode, session=self._session, wake=pump)
        name = self._link.request.name
        self._desk.receivers[name] = receiver

        def closed() -> None:
            if self._desk.receivers.get(name) is receiver:
                del self._desk.receivers[name]
            receiver.close()
            self._desk.touched()

        self._link.on_closed = closed
        self._desk.touched()
        outlet = EntityOutlet(self._source, receiver, self._desk)
        if receiver.session_id is None or receiver.locked_until is None:
            self._link.accept(outlet)
        else:
            properties: dict[object, object] = {Symbol(_LOCKED_UNTIL): ticks(receiver.locked_until)}
            source = _with_session(self._link.request.source, receiver.session_id)
            self._link.accept(outlet, source=source, properties=properties)

    def _wait(self, nothing: NoSessionAvailable) -> None:
        patience = _patience(self._link.request.properties)
        timer = asyncio.get_running_loop().call_later(
            patience, self._refuse, AmqpError(nothing.condition, nothing.text)
        )
        self._give_up = [timer.cancel, self._source.watch_sessions(Soon(self._try_again))]
        self._link.on_closed = self._stop_waiting

    def _try_again(self) -> None:
        if not self._give_up:
            return
        try:
            with refusals_as_amqp():
                self._attempt()
        except AmqpError as error:
            self._refuse(error)

    def _attempt(self) -> None:
        waiting, self._give_up = self._give_up, []
        try:
            self._accept()
        except NoSessionAvailable:
            self._give_up = waiting
            return
        finally:
            if not self._give_up:
                for stop in waiting:
                    stop()

    def _refuse(self, error: AmqpError) -> None:
        self._stop_waiting()
        self._link.refuse(error)

    def _stop_waiting(self) -> None:
        waiting, self._give_up = self._give_up, []
        for stop in waiting:
            stop()


class Soon:
    """Calls `act` once in the loop's next turn, however often it is called before."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._loop = asyncio.get_running_loop()
        self._pending = False

    def __call__(self) -> None:
        if not self._pending:
            self._pending = True
            self._loop.call_soon(self._run)

    def _run(self) -> None:
        self._pending = False
        self._act()


def session_request(source: Described | None) -> SessionRequest | None:
    """Which session the source asks for; None when it asks for none."""
    for key, value in _filters(source).items():
        if key == SESSION_FILTER:
            plain = value.value if isinstance(value, Described) else value
            return SessionRequest(id=_text(plain))
    return None


def _with_session(source: Described | None, session_id: str) -> Described | None:
    """The same source with the session that was chosen."""
    if source is None or not isinstance(source.value, list):
        return source
    filters = {
        key: (Described(value.descriptor, session_id) if isinstance(value, Described) else session_id)
        if key == SESSION_FILTER
        else value
        for key, value in _filters(source).items()
    }
    fields = list(source.value)
    fields[_FILTER_FIELD] = filters
    return Described(source.descriptor, fields)


def _filters(source: Described | None) -> dict[object, object]:
    fields = source.value if source is not None else None
    filters = fields[_FILTER_FIELD] if isinstance(fields, list) and len(fields) > _FILTER_FIELD else None
    return filters if isinstance(filters, dict) else {}


def _patience(properties: dict[object, object] | None) -> float:
    asked = (properties or {}).get(_TIMEOUT)
    return asked / 1000 if isinstance(asked, int) else _DEFAULT_PATIENCE


def _changes(entries: dict[object, object] | None) -> dict[str, object]:
    return {str(key): value for key, value in (entries or {}).items()}


def _text(value: object) -> str | None:
    return None if value is None else str(value)
