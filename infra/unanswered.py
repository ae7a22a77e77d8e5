"""Events that leave no answer: sent to a running app, and seen to have been run."""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from infra.app_run import AppRun, RunningFunction
from infra.errors import InvalidRunRequest
from infra.executions import Executions
from infra.invoking import Answer, post
from infra.storage import open_storage
from triggers.paths import BlobPath

_Send = Callable[[AppRun, RunningFunction, bytes], str]


def deliver(run: AppRun, function: RunningFunction, body: bytes, *, timeout: float = 60.0) -> Answer:
    """Fire one event and return when the function has run for it; the answer has no body.

    Raises InvalidRunRequest for a trigger that no event can be made for, InvocationFailed and RunTimedOut.
    """
    send = _SENDERS.get(function.trigger.type.lower())
    if send is None:
        raise InvalidRunRequest(f"No event can be made for the {function.trigger.type} of function {function.name}.")
    executions, begun = Executions(run, function), time.monotonic()
    place = send(run, function, body)
    executions.wait(timeout)
    return Answer(function=function.name, sent_to=place, found_at="", body=b"", seconds=time.monotonic() - begun)


def _drop(run: AppRun, function: RunningFunction, body: bytes) -> str:
    source = BlobPath.parse_trigger(function.trigger.option("path"))
    container, name = source.fill(dict.fromkeys(source.names, f"invoke-{uuid.uuid4().hex[:12]}"))
    storage = open_storage(run.storage)
    storage.put(container, name, body)
    return storage.place(f"{container}/{name}")


def _message(run: AppRun, function: RunningFunction, body: bytes) -> str:
    from infra.queue_messages import send

    return send(run, function, body)


def _bus_message(run: AppRun, function: RunningFunction, body: bytes) -> str:
    from infra.bus_messages import send

    return send(run, function, body)


def _tick(run: AppRun, function: RunningFunction, body: bytes) -> str:
    """The clock is not waited for: the host runs the function as if it were time."""
    url = f"{run.url}/admin/functions/{function.name}"
    post(url, b"{}", key=run.master_key)
    return url


def _grid_event(run: AppRun, function: RunningFunction, body: bytes) -> str:
    url = f"{run.url}/runtime/webhooks/eventgrid?functionName={function.name}"
    event = {
        "id": uuid.uuid4().hex,
        "topic": "packager",
        "subject": "sample",
        "eventType": "Sample",
        "eventTime": datetime.now(UTC).isoformat(),
        "dataVersion": "1",
        "data": _value(body),
    }
    headers: Mapping[str, str] = {"aeg-event-type": "Notification"}
    post(url, json.dumps([event]).encode(), key=run.master_key, headers=headers)
    return url


def _value(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


_SENDERS: Mapping[str, _Send] = {
    "blobtrigger": _drop,
    "queuetrigger": _message,
    "servicebustrigger": _bus_message,
    "timertrigger": _tick,
    "eventgridtrigger": _grid_event,
}
