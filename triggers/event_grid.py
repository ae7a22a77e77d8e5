"""Event Grid calls: one request brings a handshake or some events."""

import asyncio
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import azure.functions as func

from triggers.asgi import Receive, Scope, Send
from triggers.contract import Binding, Event, Handler, HandRun, ListenerContext, TriggerAdapter
from triggers.errors import InvalidInput
from triggers.http_answer import Headers, respond
from triggers.http_body import BodyTooLarge, ClientGone, SpooledBody, read_body

_KIND = "aeg-event-type"
_ORIGINS = ("eventgrid.azure.net", "eventgrid.azure.us", "eventgrid.azure.cn")

Answer = tuple[int, Headers, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventGridOptions:
    """A scoring script that is run for every event; there is nothing to choose."""

    def declare(self, app: func.FunctionApp, handler: Handler) -> None:
        """Add the function `score_event` to the app; the script gets the event's data."""

        @app.function_name("score_event")
        @app.event_grid_trigger(arg_name="event")
        async def score_event(event: func.EventGridEvent) -> None:
            await handler.handle(json.dumps(event.get_json()).encode())


class EventGridListener:
    """Serves one function's webhook; events come in Event Grid's own schema or as CloudEvents."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    async def start(self) -> None:
        self._context.routes.mount_webhook("eventgrid", self._serve)

    async def stop(self) -> None:
        """The host's server finishes the requests it took."""

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
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
            events = _events(body)
        except ValueError as error:
            return 400, [], f"The body is no event and no list of events: {error}".encode()
        if kind == "notification":
            return await self._notified(events, headers.get("traceparent"))
        return _validated(events)

    async def _notified(self, events: Sequence[Mapping[str, object]], traceparent: str | None) -> Answer:
        """Event Grid sends the whole request again unless every event was dealt with."""
        runs = self._runs(events, traceparent)
        results = await asyncio.gather(*(self._context.executor.execute(run) for run in runs))
        errors = [result.error for result in results if result.error is not None]
        return (500, [], str(errors[0]).encode()) if errors else (202, [], b"")

    def _runs(self, events: Sequence[Mapping[str, object]], traceparent: str | None) -> Sequence[Event]:
        """One run for each event, or one for all of them when the function takes many."""
        if not events:
            return ()
        if not _takes_many(self._context.binding):
            return [grid_event(event, traceparent) for event in events]
        return [grid_events(events, traceparent)]


def grid_event(event: Mapping[str, object], traceparent: str | None = None) -> Event:
    """One event of the grid, as functions get it; its own trace comes before the request's."""
    own = event.get("traceparent")
    return Event(
        id=str(uuid.uuid4()),
        data=event,
        metadata={"EventGridTrigger": event, "data": event.get("data")},
        traceparent=own if isinstance(own, str) else traceparent,
    )


def grid_events(events: Sequence[Mapping[str, object]], traceparent: str | None = None) -> Event:
    """Several events of the grid, as a function gets them that takes many at once."""
    metadata = {"EventGridTrigger": events, "data": [event.get("data") for event in events]}
    return Event(id=str(uuid.uuid4()), data=events, metadata=metadata, traceparent=traceparent)


def _takes_many(binding: Binding) -> bool:
    return binding.option("cardinality").lower() == "many"


async def event_of_text(run: HandRun) -> Event:
    """The event that the text is, in JSON; raises InvalidInput."""
    takes_many = _takes_many(run.binding)
    try:
        events = _events(run.text)
    except ValueError:
        events = ()
    if not events or (len(events) > 1 and not takes_many):
        raise InvalidInput(
            f"{run.text!r} is no event; function {run.function!r} runs for a JSON object with an event's id, subject, "
            "eventType, eventTime, dataVersion and data."
        )
    return grid_events(events) if takes_many else grid_event(events[0])


async def _body(receive: Receive) -> bytes:
    body = await read_body(receive)
    if not isinstance(body, SpooledBody):
        return body
    try:
        return body.read()
    finally:
        body.close()


def _events(body: bytes | str) -> Sequence[Mapping[str, object]]:
    document = json.loads(body)
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


adapter = TriggerAdapter(
    name="event_grid",
    binding_type="eventGridTrigger",
    extension="eventGrid",
    options=EventGridOptions,
    listen=EventGridListener,
    event_of=event_of_text,
)
