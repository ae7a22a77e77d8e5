import json

import pytest

from function_host.http import requests
from function_host.http.requests import OwnAnswer, OwnRequest, own_route


async def _ask(handler, *chunks: bytes, **scope):
    messages = [{"body": chunk, "more_body": index < len(chunks) - 1} for index, chunk in enumerate(chunks)]
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    whole = {"method": "POST", "scheme": "https", "headers": [(b"host", b"here")], "path_params": {"a": "1"}, **scope}
    await own_route(handler)(whole, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


async def test_the_handler_gets_what_it_needs_and_answers_json():
    async def handler(request: OwnRequest) -> OwnAnswer:
        document = {"url": request.base_url, "a": request.parameters["a"], "body": request.json_object()}
        return OwnAnswer(status=201, document=document, headers={"x-a": "b"})

    status, headers, body = await _ask(handler, b'{"k"', b": 1}")
    assert (status, headers[b"x-a"]) == (201, b"b")
    assert json.loads(body) == {"url": "https://here", "a": "1", "body": {"k": 1}}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"'])
async def test_a_body_that_is_no_object_is_none(body):
    async def handler(request: OwnRequest) -> OwnAnswer:
        return OwnAnswer(document=request.json_object() is None)

    assert (await _ask(handler, body))[2] == b"true"


async def test_without_a_document_the_body_is_empty():
    async def handler(_: OwnRequest) -> OwnAnswer:
        return OwnAnswer(status=204)

    assert (await _ask(handler, b""))[0::2] == (204, b"")


async def test_nobody_needs_large_bodies_here(monkeypatch):
    async def handler(_: OwnRequest) -> OwnAnswer:
        raise AssertionError("never called")

    monkeypatch.setattr(requests, "_LARGEST_BODY", 2)
    assert (await _ask(handler, b"abc"))[0] == 413


async def test_nothing_is_done_for_a_client_that_hung_up():
    async def handler(_: OwnRequest) -> OwnAnswer:
        raise AssertionError("never called")

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        raise AssertionError("nobody listens")

    await own_route(handler)({"method": "POST", "scheme": "http", "headers": []}, receive, send)
