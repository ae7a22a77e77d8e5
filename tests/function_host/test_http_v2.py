import asyncio

import azure.functions as func
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from function_host.http_v2 import answer_app, starlette_request, wants_starlette
from triggers.contract import Event

METADATA = {
    "method": "PUT",
    "url": "https://host/api/a?x=1",
    "headers": {"content-type": "application/json"},
    "params": {"x": "1"},
    "route_params": {"id": "7"},
}


@pytest.mark.parametrize(("hint", "wanted"), [(Request, True), (func.HttpRequest, False), (None, False), ("x", False)])
def test_the_annotation_asks_for_it(hint, wanted):
    assert wants_starlette(hint) is wanted


async def test_a_request_has_everything_the_event_has():
    request = starlette_request(Event(id="1", data=b"[1]", metadata=METADATA))
    assert (request.method, str(request.url), request.path_params) == ("PUT", METADATA["url"], {"id": "7"})
    assert (request.query_params["x"], request.headers["content-type"]) == ("1", "application/json")
    assert await request.json() == [1]
    assert not await request.is_disconnected()


async def test_a_large_body_comes_in_parts():
    request = starlette_request(Event(id="1", data=b"x" * 100_000, metadata=METADATA))
    assert [len(part) async for part in request.stream()] == [65536, 34464, 0]


@pytest.mark.parametrize(
    ("value", "sent"), [(PlainTextResponse("text"), b"text"), ({"a": 1}, b'{"a":1}'), ("text", b'"text"')]
)
async def test_what_is_no_response_is_sent_as_json(value, sent):
    messages = []

    async def send(message):
        messages.append(message)

    await answer_app(value)({"type": "http"}, asyncio.Event().wait, send)
    assert messages[-1]["body"] == sent
