import pytest

from function_host.scoring.aml_http import AMLResponse, raw_http_uses, rawhttp

HTML = "text/html; charset=utf-8"


def test_the_use_of_rawhttp_is_counted_and_changes_nothing():
    def run(request):
        return request

    before = raw_http_uses()
    assert rawhttp(run) is run
    assert raw_http_uses() == before + 1


@pytest.mark.parametrize(
    ("response", "body", "content_type", "failed"),
    [
        (AMLResponse("hello", 404), b"hello", HTML, "False"),
        (AMLResponse(b"\x00", 200), b"\x00", HTML, "False"),
        (AMLResponse(iter(["a", b"b"]), 200), b"ab", HTML, "False"),
        (AMLResponse(["a", "b"], 200), b"ab", HTML, "False"),
        (AMLResponse({"a": 1}, 201, json_str=True), b'{"a": 1}', "application/json", "False"),
        (AMLResponse({"a": 1}, 200), b'{"a": 1}', "application/json", "False"),
        (AMLResponse([1, 2], 200), b"[1, 2]", "application/json", "False"),
        (AMLResponse(None, 200), b"{}", "application/json", "False"),
        (AMLResponse("x", 200, run_function_failed=True), b"x", HTML, "True"),
    ],
)
def test_a_response_has_the_body_and_type_the_scoring_server_gave(response, body, content_type, failed):
    assert response.get_data() == body
    assert response.content_type == content_type
    assert response.headers["x-ms-run-function-failed"] == failed


def test_a_header_value_with_commas_becomes_repeated_headers():
    assert AMLResponse("", 200, {"X-A": "1,2"}).headers.getlist("X-A") == ["1", "2"]


@pytest.mark.parametrize("name", ["Content-Type", "content-type"])
def test_a_content_type_of_its_own_is_the_only_one(name):
    assert AMLResponse("", 200, {name: "image/png"}).headers.getlist("content-type") == ["image/png"]
