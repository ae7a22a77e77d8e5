"""triggers.event_grid"""

import json

import azure.functions as func
import httpx
import pytest

from function_host.binding import decoder
from triggers.contract import Binding, Event, FunctionResult, HandRun, ListenerContext
from triggers.errors import InvalidInput
from triggers.event_grid import EventGridListener, EventGridOptions, event_of_text


class App:
    """Routes and executor in one: keeps the app that was mounted and the events it ran."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def mount_webhook(self, extension, app) -> None:
        self.mounted = (extension, app)

    async def execute(self, event: Event) -> FunctionResult:
        self.events.append(event)
        return FunctionResult()


@pytest.fixture
async def app():
    app = App()
    binding = Binding(type="eventGridTrigger", name="event", direction="IN")
    listener = EventGridListener(ListenerContext(function="f", binding=binding, executor=app, routes=app, settings={}))
    await listener.start()
    extension, served = app.mounted
    assert extension == "eventgrid"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=served), base_url="http://t") as app.client:
        yield app
    await listener.stop()


async def test_many_events_are_one_run_for_a_function_that_takes_many():
    app = App()
    options = {"cardinality": "MANY"}
    binding = Binding(type="eventGridTrigger", name="events", direction="IN", options=options)
    await EventGridListener(
        ListenerContext(function="f", binding=binding, executor=app, routes=app, settings={})
    ).start()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app.mounted[1]), base_url="http://t") as app.client:
        assert (await post(app, "Notification", b'[{"id": "1"}, {"id": "2"}]')).status_code == 202
        assert (await post(app, "Notification", b"[]")).status_code == 202
    (run,) = app.events
    taken = decoder(binding, list[func.EventGridEvent])(run)
    assert [event.id for event in taken] == ["1", "2"]


async def post(app: App, kind: str, content: bytes) -> httpx.Response:
    return await app.client.post("/", content=content, headers={"aeg-event-type": kind, "traceparent": "outer"})


async def test_one_cloud_event_is_one_run(app):
    event = {"specversion": "1.0", "id": "1", "data": {"url": "u"}, "traceparent": "inner"}
    assert (await post(app, "Notification", json.dumps(event).encode())).status_code == 202
    (run,) = app.events
    assert (run.data, run.traceparent, run.metadata["data"]) == (event, "inner", {"url": "u"})


async def test_the_requests_trace_goes_on(app):
    await post(app, "notification", b'[{"id": "1"}]')
    assert app.events[0].traceparent == "outer"


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"x"'])
async def test_what_is_no_event(app, body):
    assert (await post(app, "Notification", body)).status_code == 400
    assert app.events == []


async def test_no_events_are_no_failure(app):
    assert (await post(app, "Notification", b"[]")).status_code == 202


async def test_the_code_may_be_in_encoded_data(app):
    body = json.dumps({"data": json.dumps({"validationCode": "c"})}).encode()
    assert (await post(app, "SubscriptionValidation", body)).json() == {"validationResponse": "c"}


@pytest.mark.parametrize("body", [b"[]", b"[{}]", b'[{"data": "x"}]', b'[{"data": {"validationCode": 1}}]'])
async def test_a_validation_without_code(app, body):
    assert (await post(app, "SubscriptionValidation", body)).status_code == 400


async def test_a_large_body_is_read_from_disk(app):
    event = [{"id": "1", "data": "x" * 1_100_000}]
    assert (await post(app, "Notification", json.dumps(event).encode())).status_code == 202
    assert len(app.events[0].data["data"]) == 1_100_000


async def test_a_scoring_script_gets_the_events_data():
    class Script:
        async def handle(self, body: bytes) -> str:
            self.body = body
            return ""

    declared, script = func.FunctionApp(), Script()
    EventGridOptions().declare(declared, script)
    (function,) = declared.get_functions()
    event = func.EventGridEvent(
        id="1", data={"a": 1}, topic="t", subject="s", event_type="e", event_time=None, data_version="1"
    )
    await function.get_user_function()(event)
    assert script.body == b'{"a": 1}'


@pytest.mark.parametrize(("cardinality", "data"), [("ONE", {"id": "1"}), ("MANY", [{"id": "1"}])])
async def test_a_text_is_one_event_or_a_list_as_the_function_takes_them(cardinality, data):
    trigger = Binding(type="eventGridTrigger", name="e", direction="IN", options={"cardinality": cardinality})
    event = await event_of_text(HandRun(function="f", binding=trigger, settings={}, text='[{"id": "1"}]'))
    assert event.data == data
    with pytest.raises(InvalidInput, match="no event"):
        await event_of_text(HandRun(function="f", binding=trigger, settings={}, text="[]"))


async def test_nothing_runs_for_a_client_that_hung_up(app):
    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        raise AssertionError("nobody listens")

    _, served = app.mounted
    await served({"method": "POST", "headers": [(b"aeg-event-type", b"Notification")]}, receive, send)
    assert app.events == []
