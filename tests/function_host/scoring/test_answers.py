import json

import pytest
from werkzeug.wrappers import Response

from function_host.scoring.answers import framed, from_response, message, reply, request_ids
from function_host.scoring.settings import ScoringSettings


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [
        ({"x-request-id": "a"}, {"x-request-id": "a", "x-ms-request-id": "a"}),
        (
            {"x-request-id": "a", "x-ms-request-id": "b"},
            {"x-request-id": "a", "x-ms-request-id": "b", "x-ms-client-request-id": "b"},
        ),
        (
            {"x-request-id": "a", "x-ms-client-request-id": "c"},
            {"x-request-id": "a", "x-ms-request-id": "c", "x-ms-client-request-id": "c"},
        ),
    ],
)
def test_ids_that_were_sent_come_back(sent, echoed):
    assert request_ids(sent).headers == echoed


def test_missing_ids_are_made():
    first, second = request_ids({}).headers, request_ids({}).headers
    assert first["x-request-id"] == first["x-ms-request-id"] != second["x-request-id"]
    assert "x-ms-client-request-id" not in first


def test_an_id_over_a_hundred_characters_is_named_and_not_echoed():
    ids = request_ids({"x-request-id": "x" * 101})
    assert ids.too_long == "x-request-id must not exceed 100 characters"
    assert ids.headers == {}


def test_a_client_id_over_a_hundred_characters_leaves_the_other_one():
    ids = request_ids({"x-request-id": "a", "x-ms-client-request-id": "x" * 101})
    assert ids.too_long == "x-ms-request-id and x-ms-client-request-id must not exceed 100 characters"
    assert ids.headers == {"x-request-id": "a"}


def test_a_message_is_json():
    answer = message('say "x"', 400)
    assert json.loads(answer.get_body()) == {"message": 'say "x"'}
    assert (answer.status_code, answer.mimetype) == (400, "application/json")


@pytest.mark.parametrize("failed", [True, False])
def test_every_reply_says_whether_run_failed(failed):
    assert reply("{}", 200, run_failed=failed).headers["x-ms-run-function-failed"] == str(failed)


def test_a_response_keeps_its_headers_and_not_its_length():
    response = Response("x", headers=[("X-A", "1"), ("X-A", "2")], content_type="text/csv")
    answer = from_response(response, None)
    assert answer.headers.get_all("X-A") == ["1", "2"]
    assert "content-length" not in answer.headers
    assert "x-ms-run-function-failed" not in answer.headers


def test_a_response_of_500_says_that_run_failed():
    assert from_response(Response("x", status=500), None).headers["x-ms-run-function-failed"] == "True"


def test_what_was_streamed_is_the_body():
    assert from_response(Response(iter(())), b"abc").get_body() == b"abc"


def test_every_answer_gets_ids_version_trace_and_cors():
    settings = ScoringSettings(server_version="s/1", cors_origins=("http://a",))
    sent = {"x-request-id": "r", "traceid": "t", "origin": "http://a"}
    answer = framed(reply("{}", 200), sent, "POST", request_ids(sent), settings)
    assert answer.headers["x-ms-server-version"] == "s/1"
    assert answer.headers["x-request-id"] == "r"
    assert answer.headers["TraceId"] == "t"
    assert answer.headers["Access-Control-Allow-Origin"] == "http://a"


def test_an_id_that_the_script_made_does_not_stand_beside_the_requests():
    sent = {"x-request-id": "r"}
    answer = from_response(Response("x", headers={"X-Request-Id": "mine"}), None)
    framed(answer, sent, "POST", request_ids(sent), ScoringSettings())
    assert answer.headers.get_all("x-request-id") == ["r"]
