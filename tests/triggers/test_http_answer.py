import json

import azure.functions as func
import pytest

from triggers.contract import FunctionResult
from triggers.errors import UnsendableAnswer
from triggers.http_answer import CheckedSend, answer, respond


@pytest.mark.parametrize(
    ("value", "status", "content_type", "body"),
    [
        ("hi", 200, b"text/plain; charset=utf-8", b"hi"),
        (func.HttpResponse("x", status_code=201), 201, b"text/plain; charset=utf-8", b"x"),
        (func.HttpResponse(b"{}", mimetype="application/json"), 200, b"application/json", b"{}"),
        (func.HttpResponse("x", headers={"Content-Type": "a/b"}), 200, b"a/b", b"x"),
    ],
)
def test_answers(value, status, content_type, body):
    got_status, headers, got_body = answer(FunctionResult(value=value))
    assert (got_status, got_body) == (status, body)
    assert [v for k, v in headers if k == b"content-type"] == [content_type]


@pytest.mark.parametrize("result", [FunctionResult(), FunctionResult(value={"a": 1}), FunctionResult(error=KeyError())])
def test_no_answer_is_500_with_an_empty_body(result):
    assert answer(result) == (500, [], b"")


def test_repeated_response_headers_are_all_sent():
    response = func.HttpResponse("x")
    response.headers.add("Set-Cookie", "a=1")
    response.headers.add("Set-Cookie", "b=2")
    _, headers, _ = answer(FunctionResult(value=response))
    assert [v for k, v in headers if k == b"set-cookie"] == [b"a=1", b"b=2"]


@pytest.mark.parametrize(
    ("words", "status", "content_type", "body"),
    [
        ({"body": "x", "statusCode": 201}, 201, b"text/plain; charset=utf-8", b"x"),
        ({"Body": {"a": 1}, "status": "202"}, 202, b"application/json; charset=utf-8", b'{"a": 1}'),
        ({"body": None}, 200, b"application/json; charset=utf-8", b""),
        ({"body": "x", "headers": {"Content-Type": "a/b"}}, 200, b"a/b", b"x"),
    ],
)
def test_text_may_be_a_response_in_words(words, status, content_type, body):
    got_status, headers, got_body = answer(FunctionResult(value=json.dumps(words)))
    assert (got_status, got_body) == (status, body)
    assert (b"content-type", content_type) in headers


@pytest.mark.parametrize("text", ["{", '{"a": 1}', "[1]", '"body"'])
def test_other_text_stays_text(text):
    assert answer(FunctionResult(value=text)) == (200, [(b"content-type", b"text/plain; charset=utf-8")], text.encode())


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (func.HttpResponse("x", status_code=999), "status of the answer is 999"),
        (func.HttpResponse("x", status_code=101), "status of the answer is 101"),
        ('{"body": "x", "status": "abc"}', "status of the answer is 'abc'"),
        ('{"body": "x", "headers": {"X-A": "a\\r\\nb"}}', "'x-a' is .*line breaks"),
        (func.HttpResponse("x", headers={"X-A": "\u20ac"}), "'x-a' is .*percent-encode"),
        ('{"body": "x", "headers": {"X A": "b"}}', "'X A' is no name of a header"),
    ],
)
def test_what_http_cannot_carry_is_refused_with_a_sentence(value, said):
    with pytest.raises(UnsendableAnswer, match=f"(?i){said}"):
        answer(FunctionResult(value=value))


async def _responded(status, headers, body, method="GET"):
    sent = []

    async def send(message):
        sent.append(message)

    await respond(send, status, headers, body, method=method)
    return sent[0]["headers"], sent[1]["body"]


async def test_how_an_answer_is_sent_is_the_servers_matter():
    own = [(b"content-length", b"99"), (b"transfer-encoding", b"chunked"), (b"connection", b"close"),
           (b"keep-alive", b"1"), (b"date", b"x"), (b"server", b"mine")]  # fmt: skip
    assert await _responded(200, own, b"abc") == ([(b"server", b"mine"), (b"content-length", b"3")], b"abc")


@pytest.mark.parametrize(("status", "headers"), [(204, []), (304, []), (205, [(b"content-length", b"0")])])
async def test_some_answers_have_no_body(status, headers):
    assert await _responded(status, [(b"content-length", b"1")], b"x") == (headers, b"")


@pytest.mark.parametrize(("body", "length"), [(b"", b"11"), (b"abc", b"3")])
async def test_an_answer_to_head_keeps_the_apps_length(body, length):
    headers, _ = await _responded(200, [(b"content-length", b"11")], body, method="HEAD")
    assert headers == [(b"content-length", length)]


async def _streamed(status, headers, *parts):
    sent, told = [], []

    async def send(message):
        sent.append(message)

    checked = CheckedSend(send, told.append)
    await checked({"type": "http.response.start", "status": status, "headers": headers})
    for part in parts:
        await checked({"type": "http.response.body", "body": part, "more_body": True})
    return sent, told


async def test_a_streamed_answer_keeps_its_length_alone():
    sent, _ = await _streamed(200, [(b"Content-Length", b"1"), (b"Date", b"x")], b"x")
    assert sent[0]["headers"] == [(b"content-length", b"1")]
    assert sent[1]["body"] == b"x"


async def test_a_streamed_answer_without_content_has_no_body():
    sent, _ = await _streamed(204, [(b"content-length", b"4")], b"null")
    assert (sent[0]["headers"], sent[1]["body"]) == ([], b"")


async def test_a_streamed_answer_that_cannot_be_sent_is_500_and_nothing_more():
    sent, told = await _streamed(200, [(b"x-a", b"a\nb")], b"x")
    assert [message.get("status") for message in sent] == [500, None]
    assert "x-a" in str(told[0])
