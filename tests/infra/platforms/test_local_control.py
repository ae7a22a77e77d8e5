import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from infra.errors import PlatformUnavailable
from infra.platforms.local_control import TOKEN, reload


@contextmanager
def front(status: int, body: bytes):
    heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((self.path, self.headers[TOKEN]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests have nothing to log."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield {"control": f"http://127.0.0.1:{server.server_address[1]}", "token": "t"}, heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_it_says_what_was_cut_off():
    with front(200, b'{"left": 2}') as (details, heard):
        assert reload(details, patience=5) == 2
    assert heard == [("/reload", "t")]


def test_a_refusal_and_a_silence_are_told():
    with (
        front(401, b'{"message": "no"}') as (details, _),
        pytest.raises(PlatformUnavailable, match=r"refuses: no"),
    ):
        reload(details, patience=5)
    with pytest.raises(PlatformUnavailable, match="does not answer"):
        reload({"control": "http://127.0.0.1:1", "token": "t"}, patience=5)
    with pytest.raises(PlatformUnavailable, match="does not run any more"):
        reload({}, patience=5)
