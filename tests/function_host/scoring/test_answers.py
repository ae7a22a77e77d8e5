import json

import pytest

from function_host.scoring.answers import message, reply, request_ids


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
    assert ids.too_long == "x-request-id"
    assert ids.headers == {}


def test_a_message_is_json():
    answer = message('say "x"', 400, ids={"a": "1"})
    assert json.loads(answer.get_body()) == {"message": 'say "x"'}
    assert (answer.status_code, answer.mimetype, answer.headers["a"]) == (400, "application/json", "1")


@pytest.mark.parametrize("failed", [True, False])
def test_every_reply_says_whether_run_failed(failed):
    assert reply("{}", 200, run_failed=failed, headers={}).headers["x-ms-run-function-failed"] == str(failed)
