"""How Azure's timer and Event Grid triggers behave, one test per row of the conformance table."""

import asyncio
import json
from pathlib import Path

import pytest

TIMER = """
fired = []

@app.timer_trigger(arg_name="timer", schedule="{schedule}", run_on_startup={startup})
def tick(timer: func.TimerRequest) -> None:
    fired.append([timer.past_due, timer.schedule_status, timer.schedule])

@app.route()
def seen(req: func.HttpRequest) -> str:
    import json
    return json.dumps(fired)
"""
EVENTS = """
received = []

@app.event_grid_trigger(arg_name="event")
def on_event(event: func.EventGridEvent) -> None:
    if event.subject == "bad":
        raise ValueError("bad event")
    received.append([event.id, event.subject, event.event_type, event.get_json()])

@app.route()
def seen(req: func.HttpRequest) -> str:
    import json
    return json.dumps(received)
"""
STATUS = "azure-webjobs-hosts/timers/h/Host.Functions.tick/status"
URL = "/runtime/webhooks/eventgrid?functionName=on_event"


async def seen(client, count: int) -> list:
    """What the app's function noted, once it noted so much."""
    async with asyncio.timeout(5):
        while len(found := (await client.get("/api/seen")).json()) < count:  # noqa: ASYNC110 - it is the app's state
            await asyncio.sleep(0.01)
    return found


def settings(folder: Path) -> dict[str, str]:
    return {"AzureWebJobsStorage": f"folder:{folder}", "AzureFunctionsWebHost__hostid": "h", "TZ": "UTC"}


@pytest.fixture
def storage(tmp_path) -> Path:
    return tmp_path / "storage"


async def test_row_77_a_timer_runs_and_its_status_is_kept(app, storage):
    _, client = await app(TIMER.format(schedule="0 */5 * * * *", startup=True), settings=settings(storage))
    ((past_due, status, schedule),) = await seen(client, 1)
    assert (past_due, schedule) == (False, {"AdjustForDST": True})
    assert status["Last"] == "0001-01-01T00:00:00"
    kept = json.loads((storage / STATUS).read_text())
    assert set(kept) == {"Last", "Next", "LastUpdated"}
    assert int(kept["Next"][14:16]) % 5 == 0
    assert kept["Next"][17:] == "00+00:00"


async def test_row_78_a_missed_occurrence_is_run_once_and_is_past_due(app, storage):
    status = storage / STATUS
    status.parent.mkdir(parents=True)
    missed = {"Last": "2026-01-01T00:00:00+00:00", "Next": "2026-01-01T00:05:00+00:00"}
    status.write_text(json.dumps({**missed, "LastUpdated": "2026-01-01T00:00:00+00:00"}))
    _, client = await app(TIMER.format(schedule="0 */5 * * * *", startup=False), settings=settings(storage))
    ((past_due, found, _),) = await seen(client, 1)
    assert past_due is True
    assert found == {**missed, "LastUpdated": "2026-01-01T00:00:00+00:00"}
    assert json.loads(status.read_text())["Last"] > "2026-01-02"


async def test_a_schedule_that_cannot_be_read_fails_the_function(app, storage):
    host, client = await app(TIMER.format(schedule="61 * * * * *", startup=False), settings=settings(storage))
    assert "'61 * * * * *' cannot be read: Bad second" in host.status.failures["tick"]
    assert (await client.get("/api/seen")).status_code == 200


@pytest.fixture
async def grid(app):
    """Post to the app's webhook with its key."""
    host, client = await app(EVENTS)
    client.headers["x-functions-key"] = await host.keys.system_key("eventgrid_extension")
    return client


def event(subject: str, **more) -> dict:
    return {
        "id": "1", "topic": "/t", "subject": subject, "eventType": "made", "dataVersion": "1",
        "eventTime": "2026-01-01T00:00:00Z", "data": {"url": "u"}, **more,
    }  # fmt: skip


async def post(client, kind: str, body: object):
    return await client.post(URL, json=body, headers={"aeg-event-type": kind})


async def test_row_67_the_validation_is_answered_with_its_code(grid):
    answer = await post(grid, "SubscriptionValidation", [event("", data={"validationCode": "512d38b6"})])
    assert (answer.status_code, answer.json()) == (200, {"validationResponse": "512d38b6"})


async def test_row_68_every_event_of_a_notification_runs_the_function(grid):
    answer = await post(grid, "Notification", [event("a"), event("b")])
    assert answer.status_code == 202
    assert sorted(await seen(grid, 2)) == [["1", "a", "made", {"url": "u"}], ["1", "b", "made", {"url": "u"}]]


async def test_a_failed_event_has_the_whole_notification_sent_again(grid):
    answer = await post(grid, "Notification", [event("a"), event("bad")])
    assert (answer.status_code, answer.text) == (500, "bad event")
    assert len(await seen(grid, 1)) == 1


async def test_row_69_a_kind_nobody_knows_and_a_wrong_key(grid):
    assert (await grid.post(URL, json=[])).status_code == 400
    assert (await post(grid, "Else", [])).status_code == 400
    assert (await grid.post(URL, json=[], headers={"x-functions-key": "wrong"})).status_code == 401


async def test_the_end_of_a_subscription_and_an_unknown_function(grid):
    assert (await post(grid, "Unsubscribe", [])).status_code == 202
    answer = await grid.post("/runtime/webhooks/eventgrid?functionName=no", json=[])
    assert (answer.status_code, answer.text) == (404, "cannot find function: 'no'")


async def test_cloud_events_ask_first(grid):
    answer = await grid.options(URL, headers={"WebHook-Request-Origin": "eventgrid.azure.net"})
    assert (answer.status_code, answer.headers["WebHook-Allowed-Origin"]) == (200, "eventgrid.azure.net")
    assert (await grid.options(URL, headers={"WebHook-Request-Origin": "example.org"})).status_code == 400
