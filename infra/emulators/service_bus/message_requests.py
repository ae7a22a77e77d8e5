"""Requests about messages: peek, deferred ones, locks, settlement, schedules."""

from collections.abc import Callable, Mapping
from datetime import datetime

from infra.emulators.service_bus.amqp.errors import AmqpError
from infra.emulators.service_bus.amqp.types import Array, Long, Timestamp
from infra.emulators.service_bus.broker.contract import Locked, ReceiveMode, Source, Stored, Target
from infra.emulators.service_bus.message import Message, decode
from infra.emulators.service_bus.requests import INVALID, Request
from infra.emulators.service_bus.translating import encoded, wants_schedule

_RECEIVE_AND_DELETE = 0


class TargetRequests:
    """What can be asked of an entity that is sent to."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def operations(self) -> dict[str, Callable[[Request], Mapping[str, object] | None]]:
        return {
            "com.microsoft:schedule-message": self._schedule,
            "com.microsoft:cancel-scheduled-message": self._cancel,
        }

    def _schedule(self, request: Request) -> Mapping[str, object]:
        messages = [decode(_bytes(entry, "message")) for entry in request.many("messages", dict)]
        numbers = self._target.schedule([(message, _when(message)) for message in messages])
        return {"sequence-numbers": Array(Long, tuple(numbers))}

    def _cancel(self, request: Request) -> Mapping[str, object]:
        self._target.cancel(request.sequence_numbers())
        return {}


class QueueRequests:
    """What can be asked of an entity that is received from."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def operations(self) -> dict[str, Callable[[Request], Mapping[str, object] | None]]:
        return {
            "com.microsoft:peek-message": self._peek,
            "com.microsoft:receive-by-sequence-number": self._receive_deferred,
            "com.microsoft:renew-lock": self._renew,
            "com.microsoft:update-disposition": self._settle,
        }

    def _peek(self, request: Request) -> Mapping[str, object] | None:
        found = self._source.peek(
            from_sequence_number=request.get("from-sequence-number", int),
            limit=request.get("message-count", int),
            session_id=request.optional("session-id", str),
        )
        return {"messages": [_entry(stored) for stored in found]} if found else None

    def _receive_deferred(self, request: Request) -> Mapping[str, object]:
        settled = request.optional("receiver-settle-mode", int) == _RECEIVE_AND_DELETE
        mode: ReceiveMode = "receive_and_delete" if settled else "peek_lock"
        session_id = request.optional("session-id", str)
        found = self._source.receive_deferred(request.sequence_numbers(), mode=mode, session_id=session_id)
        return {"messages": [_entry(locked) for locked in found]}

    def _renew(self, request: Request) -> Mapping[str, object]:
        until = [Timestamp.of(self._source.renew(token)) for token in request.lock_tokens()]
        return {"expirations": Array(Timestamp, tuple(until))}

    def _settle(self, request: Request) -> Mapping[str, object]:
        status = request.get("disposition-status", str)
        changes = {str(key): value for key, value in (request.optional("properties-to-modify", dict) or {}).items()}
        for token in request.lock_tokens():
            match status:
                case "completed":
                    self._source.complete(token)
                case "abandoned":
                    self._source.abandon(token, changes)
                case "defered":
                    self._source.defer(token, changes)
                case "suspended":
                    reason = request.optional("deadletter-reason", str)
                    description = request.optional("deadletter-description", str)
                    self._source.dead_letter(token, reason, description, changes)
                case _:
                    raise AmqpError(INVALID, f"`disposition-status` is {status!r}, which settles nothing.")
        return {}


def _entry(stored: Stored) -> dict[str, object]:
    entry: dict[str, object] = {"message": encoded(stored)}
    if isinstance(stored, Locked):
        entry["lock-token"] = stored.lock_token
    return entry


def _bytes(entry: Mapping[object, object], name: str) -> bytes:
    value = entry.get(name)
    if not isinstance(value, bytes):
        raise AmqpError(INVALID, f"`{name}` is {value!r}, no encoded message.")
    return value


def _when(message: Message) -> datetime:
    when = wants_schedule(message)
    if when is None:
        raise AmqpError(INVALID, "A message to schedule needs the annotation `x-opt-scheduled-enqueue-time`.")
    return when
