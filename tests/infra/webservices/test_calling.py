import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from infra.errors import WebserviceFailed
from infra.webservices.calling import answer


@pytest.fixture
def service():
    """Answers 401 without the key `k`, 418 to tea, text to `text`, and else the body."""
    heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append(self.headers.get("Authorization"))
            allowed = self.headers.get("Authorization") == "Bearer k"
            self.send_response((418 if body == b"tea" else 200) if allowed else 401)
            self.end_headers()
            self.wfile.write(b"no JSON" if body == b"text" else body)

        def log_message(self, *_: object) -> None:
            """Tests have nothing to log."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/score", heard
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_key_is_shown_when_it_is_asked_for(service):
    url, heard = service

    assert answer(url, '{"a": 1}', keys=("k", "other")) == {"a": 1}
    assert heard == [None, "Bearer k"]


def test_other_answers_are_told_whole(service):
    url, _ = service

    with pytest.raises(WebserviceFailed, match=r"Response Code: 401\nHeaders: .*\nContent: b'{}'") as caught:
        answer(url, b"{}")
    assert caught.value.status_code == 401
    with pytest.raises(WebserviceFailed, match="Response Code: 418"):
        answer(url, "tea", keys=("k",))
    with pytest.raises(WebserviceFailed, match="is no JSON: b'no JSON'"):
        answer(url, "text", keys=("k",))
    with pytest.raises(WebserviceFailed, match="does not answer"):
        answer("http://127.0.0.1:1/score", "")


@pytest.mark.parametrize("body", [{"data": [1]}, None, [[1]]])
def test_a_body_is_text(body):
    with pytest.raises(WebserviceFailed, match=rf"was given a {type(body).__name__}, .* give json\.dumps"):
        answer("http://127.0.0.1:1/score", body)
