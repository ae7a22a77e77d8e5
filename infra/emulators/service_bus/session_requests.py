"""Requests about sessions: their locks, their states, their names."""

from collections.abc import Callable, Mapping
from datetime import MAXYEAR

from infra.emulators.service_bus.amqp.types import Array, Int, Timestamp
from infra.emulators.service_bus.broker.contract import Sessions
from infra.emulators.service_bus.receiving import Desk
from infra.emulators.service_bus.requests import Request


class SessionRequests:
    """What can be asked of an entity with sessions; the broker refuses it where there are none."""

    def __init__(self, sessions: Sessions, desk: Desk) -> None:
        self._sessions = sessions
        self._desk = desk

    def operations(self) -> dict[str, Callable[[Request], Mapping[str, object] | None]]:
        return {
            "com.microsoft:renew-session-lock": self._renew,
            "com.microsoft:get-session-state": self._state,
            "com.microsoft:set-session-state": self._set_state,
            "com.microsoft:get-message-sessions": self._list,
        }

    def _renew(self, request: Request) -> Mapping[str, object]:
        receiver = self._desk.receivers.get(request.link_name or "")
        until = self._sessions.renew_session(request.get("session-id", str), receiver)
        return {"expiration": Timestamp.of(until)}

    def _state(self, request: Request) -> Mapping[str, object]:
        return {"session-state": self._sessions.session_state(request.get("session-id", str))}

    def _set_state(self, request: Request) -> Mapping[str, object]:
        self._sessions.set_session_state(request.get("session-id", str), request.optional("session-state", bytes))
        return {}

    def _list(self, request: Request) -> Mapping[str, object] | None:
        asked = request.optional("last-updated-time", Timestamp)
        since = None if asked is None else asked.moment()
        # Clients ask for the end of time when they want the sessions that have messages.
        if since is not None and since.year == MAXYEAR:
            since = None
        skip = request.optional("skip", int) or 0
        found = self._sessions.session_ids(updated_since=since, skip=skip, top=request.get("top", int))
        return {"skip": Int(skip + len(found)), "sessions-ids": Array(str, tuple(found))} if found else None
