import json

import azure.functions as func
import pytest

from triggers.contract import FunctionResult
from triggers.http_answer import answer


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
