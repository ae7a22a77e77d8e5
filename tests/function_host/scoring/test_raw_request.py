import io

import azure.functions as func
import pytest

from function_host.scoring.raw_request import from_event, from_request, raw_request

URL = "http://host:8080/api/score%20it?a=1&a=2&b=%C3%A4"


def test_a_request_is_as_it_was_sent():
    headers = {"Content-Type": "image/png", "Content-Length": "1", "Cookie": "c=1", "Host": "host:8080"}
    sent = func.HttpRequest("POST", URL, headers=headers, body=b"\xff")
    request = raw_request(from_request(sent))
    assert (request.method, request.path, request.host) == ("POST", "/api/score it", "host:8080")
    assert request.args.to_dict(flat=False) == {"a": ["1", "2"], "b": ["ä"]}
    assert (request.content_type, request.content_length, request.cookies["c"]) == ("image/png", 1, "1")
    assert request.data == b"\xff"


def test_an_event_is_a_post_whose_stream_is_the_body():
    body = io.BytesIO(b"abc")
    request = raw_request(from_event(body, {"x-a": "1"}))
    assert (request.method, request.headers["X-A"]) == ("POST", "1")
    assert request.stream.read(1) == b"a"
    assert body.tell() == 1


@pytest.mark.parametrize("body", [b"text", io.BytesIO(b"text"), io.StringIO("text")])
def test_the_whole_body_is_bytes(body):
    assert from_event(body, {}).whole_body() == b"text"


def test_only_requests_have_a_query():
    assert from_event(b"", {}).query == ""
    assert from_request(func.HttpRequest("GET", URL, body=b"")).query == "a=1&a=2&b=%C3%A4"


def test_files_keep_their_boundary():
    part = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\nhi\r\n--b--\r\n'
    sent = func.HttpRequest("POST", URL, headers={"Content-Type": "multipart/form-data; boundary=b"}, body=part)
    with raw_request(from_request(sent)) as request:
        assert request.files["f"].read() == b"hi"


def test_a_request_without_a_body_has_no_length():
    request = raw_request(from_request(func.HttpRequest("GET", "http://host/", body=b"")))
    assert (request.content_length, request.data) == (None, b"")


def test_an_event_has_the_length_of_its_body():
    assert raw_request(from_event(b"abc", {})).content_length == 3
