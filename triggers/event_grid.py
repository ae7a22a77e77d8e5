"""Event Grid calls: one request brings a handshake or some events."""

import asyncio
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import azure.functions as func

from triggers.contract import Binding, Event, Handler, HandRun, ListenerContext, TriggerAdapter
from triggers.errors import InvalidInput
from triggers.event_grid_webhook import EventGridWebhook, GridEvents, grid_events_of


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
        self._context.routes.mount_webhook("eventgrid", EventGridWebhook(self._notified))

    async def stop(self) -> None:
        """The host's server finishes the requests it took."""

    async def _notified(self, events: GridEvents, traceparent: str | None) -> str:
        runs = self._runs(events, traceparent)
        results = await asyncio.gather(*(self._context.executor.execute(run) for run in runs))
        errors = [result.error for result in results if result.error is not None]
        return str(errors[0]) or type(errors[0]).__name__ if errors else ""

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
        events = grid_events_of(run.text)
    except ValueError:
        events = ()
    if not events or (len(events) > 1 and not takes_many):
        raise InvalidInput(
            f"{run.text!r} is no event; function {run.function!r} runs for a JSON object with an event's id, subject, "
            "eventType, eventTime, dataVersion and data."
        )
    return grid_events(events) if takes_many else grid_event(events[0])


adapter = TriggerAdapter(
    name="event_grid",
    binding_type="eventGridTrigger",
    extension="eventGrid",
    options=EventGridOptions,
    listen=EventGridListener,
    event_of=event_of_text,
)
