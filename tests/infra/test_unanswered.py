import json
from dataclasses import replace
from pathlib import Path

import pytest

from infra.app_run import AppRun, RunningFunction
from infra.errors import InvalidRunRequest, InvocationFailed
from infra.unanswered import deliver
from tests.support import runs
from tests.support.fake_host import FakeHost


def triggered_by(kind: str, **options: object) -> RunningFunction:
    return runs.function(
        {"name": "f", "url": None, "bindings": [{"type": kind, "direction": "IN", "name": "x", **options}]}
    )


@pytest.fixture
def app(host: FakeHost, tmp_path: Path) -> AppRun:
    return replace(runs.app_run(tmp_path), url=host.url, master_key="m4ster")


def test_the_clock_is_not_waited_for(app: AppRun, host: FakeHost) -> None:
    answer = deliver(app, triggered_by("timerTrigger"), b"")

    ((path, headers, body),) = host.posted
    assert (path, body, headers["x-functions-key"]) == ("/admin/functions/f", b"{}", "m4ster")
    assert (answer.sent_to, answer.found_at, answer.body) == (f"{host.url}/admin/functions/f", "", b"")


@pytest.mark.parametrize(("body", "data"), [(b'{"a": 1}', {"a": 1}), (b"text", "text")])
def test_an_event_of_the_grid_carries_the_sample(app: AppRun, host: FakeHost, body: bytes, data: object) -> None:
    deliver(app, triggered_by("eventGridTrigger"), body)

    ((path, headers, sent),) = host.posted
    assert path == "/runtime/webhooks/eventgrid?functionName=f"
    assert headers["aeg-event-type"] == "Notification"
    (event,) = json.loads(sent)
    assert event["data"] == data
    assert {"id", "subject", "eventType", "eventTime", "dataVersion"} <= event.keys()


def test_a_failure_is_told(app: AppRun, host: FakeHost) -> None:
    host.status = 500

    with pytest.raises(InvocationFailed, match="status 500"):
        deliver(app, triggered_by("eventGridTrigger"), b"1")


def test_a_blob_without_an_answer(app: AppRun, host: FakeHost, tmp_path: Path) -> None:
    (tmp_path / "storage").mkdir()

    with pytest.raises(Exception, match=r"did not run within 0\.02 seconds"):
        deliver(app, triggered_by("blobTrigger", path="input/{name}.json"), b"[1]", timeout=0.02)

    (blob,) = (tmp_path / "storage" / "input").glob("*.json")
    assert blob.read_bytes() == b"[1]"


def test_a_trigger_that_nobody_can_fire_is_refused(app: AppRun) -> None:
    with pytest.raises(InvalidRunRequest, match="No event can be made for the cosmosDBTrigger of function f"):
        deliver(app, triggered_by("cosmosDBTrigger"), b"")
