"""The address that Event Grid calls: handshakes and notifications, in its own schema or as CloudEvents."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence

from triggers.asgi import Receive, Scope, Send
from triggers.http_answer import Headers, respond
from triggers.http_body import BodyTooLarge, ClientGone, SpooledBody, read_body

_KIND = "aeg-event-type"
_ORIGINS = ("eventgrid.azure.net", "eventgrid.azure.us", "eventgrid.azure.cn")

GridEvents = Sequence[Mapping[str, object]]
Notified = Callable[[GridEvents, str | None], Awaitable[str]]
"""Deals with events and the trace they belong to; gives back what went wrong, empty for nothing."""
Answer = tuple[int, Headers, bytes]


class EventGridWebhook:
    """An ASGI app for one function; Event Grid sends a request again unless every event of it was dealt with."""

    def __init__(self, notified: Notified) -> None:
        self._notified = notified

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1").lower(): text.decode("latin-1") for name, text in scope["headers"]}
        if scope["method"] == "OPTIONS":
            status, answered, content = _handshake(headers.get("webhook-request-origin", ""))
        else:
            try:
                body = await _body(receive)
            except BodyTooLarge:
                status, answered, content = 413, [], b""
            except ClientGone:
                return
            else:
                status, answered, content = await self._answer(headers, body)
        await respond(send, status, answered, content)

    async def _answer(self, headers: Mapping[str, str], body: bytes) -> Answer:
        kind = headers.get(_KIND, "").lower()
        if kind == "unsubscribe":
            return 202, [], b""
        if kind not in ("subscriptionvalidation", "notification"):
            return 400, [], f"The header {_KIND} is {headers.get(_KIND, '')!r}; it names nothing known here.".encode()
        try:
            events = grid_events_of(body)
        except ValueError as error:
            return 400, [], f"The body is no event and no list of events: {error}".encode()
        if kind == "notification":
            return await self._dealt_with(events, headers.get("traceparent"))
        return _validated(events)

    async def _dealt_with(self, events: GridEvents, traceparent: str | None) -> Answer:
        problem = await self._notified(events, traceparent)
        return (500, [], problem.encode()) if problem else (202, [], b"")


async def _body(receive: Receive) -> bytes:
    body = await read_body(receive)
    if not isinstance(body, SpooledBody):
        return body
    try:
        return body.read()
    finally:
        body.close()


def grid_events_of(body: bytes | str) -> GridEvents:
    """The event, or the events, that the JSON text is; raises ValueError."""
    try:
        document = json.loads(body)
    except RecursionError as error:
        raise ValueError("it is nested too deeply.") from error
    # JSON can spell half a character, which no name or answer can have.
    json.dumps(document, ensure_ascii=False).encode()
    events = document if isinstance(document, list) else [document]
    if not all(isinstance(event, dict) for event in events):
        raise ValueError("every event must be a JSON object.")
    return events


def _validated(events: Sequence[Mapping[str, object]]) -> Answer:
    data = events[0].get("data") if events else None
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError:
            data = None
    code = data.get("validationCode") if isinstance(data, dict) else None
    if not isinstance(code, str):
        return 400, [], b"The first event has no data.validationCode."
    return 200, [(b"content-type", b"application/json")], json.dumps({"validationResponse": code}).encode()


def _handshake(origin: str) -> Answer:
    """CloudEvents' own way to ask whether deliveries are wanted."""
    if origin.lower() not in _ORIGINS:
        return 400, [], f"Events are not taken from {origin!r}.".encode()
    return 200, [(b"webhook-allowed-origin", origin.encode("latin-1"))], b""
