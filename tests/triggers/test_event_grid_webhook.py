"""triggers.event_grid_webhook; how its functions get events is tested in test_event_grid.py"""

import json

import httpx
import pytest

from triggers.event_grid_webhook import EventGridWebhook, grid_events_of

ORIGIN = "eventgrid.azure.net"
VALIDATION = [{"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "c0de"}}]


class Told:
    """What the webhook handed over, and what it is told to say of it."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, str | None]] = []
        self.problem = ""

    async def __call__(self, events, traceparent):
        self.calls.append((events, traceparent))
        return self.problem


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def client(told):
    transport = httpx.ASGITransport(app=EventGridWebhook(told))
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        yield client


async def post(client, kind, document):
    headers = {"aeg-event-type": kind, "traceparent": "trace"}
    return await client.post("/", content=json.dumps(document), headers=headers)


@pytest.mark.parametrize("document", [VALIDATION, {"data": json.dumps({"validationCode": "c0de"})}])
async def test_a_subscription_is_confirmed(client, told, document):
    answer = await post(client, "SubscriptionValidation", document)
    assert (answer.status_code, answer.json()) == (200, {"validationResponse": "c0de"})
    assert told.calls == []


async def test_a_confirmation_without_a_code_is_refused(client):
    assert (await post(client, "SubscriptionValidation", [{"data": {}}])).status_code == 400


@pytest.mark.parametrize(("origin", "status"), [(ORIGIN, 200), ("somebody.example", 400), ("", 400)])
async def test_cloud_events_ask_before_they_come(client, origin, status):
    answer = await client.options("/", headers={"webhook-request-origin": origin})
    assert answer.status_code == status
    assert answer.headers.get("webhook-allowed-origin") == (origin if status == 200 else None)


@pytest.mark.parametrize(("problem", "status"), [("", 202), ("no storage", 500)])
async def test_the_sender_is_told_whether_it_must_send_again(client, told, problem, status):
    told.problem = problem
    answer = await post(client, "Notification", [{"id": "1"}])
    assert (answer.status_code, answer.text) == (status, problem)
    assert told.calls == [([{"id": "1"}], "trace")]


@pytest.mark.parametrize(("kind", "status"), [("Unsubscribe", 202), ("Other", 400), ("", 400)])
async def test_other_kinds(client, told, kind, status):
    assert (await post(client, kind, [])).status_code == status
    assert told.calls == []


@pytest.mark.parametrize("text", ["", "{", "[1]", '"x"'])
def test_what_is_no_event_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        grid_events_of(text)


@pytest.mark.parametrize("body", ["[" * 100_000, '[{"subject": "\\ud800"}]'])
async def test_what_no_reader_can_take_is_refused_as_any_bad_body(client, told, body):
    answer = await client.post("/", content=body, headers={"aeg-event-type": "Notification"})
    assert answer.status_code == 400
    assert told.calls == []
