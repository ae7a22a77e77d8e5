"""The fake on a port of 127.0.0.1 with TLS, as ARM's clients send no token without it."""

import json
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from urllib.parse import parse_qsl, unquote, urlsplit

import trustme

from tests.support.fake_arm.arm import FakeArm
from tests.support.fake_arm.wire import Answer, Asked


@contextmanager
def serving() -> Iterator[FakeArm]:
    """An empty subscription; `.address` and `.certificates` (a PEM file) while the block runs."""
    authority, context = _certificate()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with tempfile.TemporaryDirectory(prefix="fake-arm-") as folder:
        certificates = Path(folder, "ca.pem")
        authority.cert_pem.write_to_path(str(certificates))
        server.arm = FakeArm(address=f"https://localhost:{server.server_port}", certificates=certificates)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.arm
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@cache
def _certificate() -> tuple[trustme.CA, SSLContext]:
    """One for all fakes of a process: making a key takes longer than most tests."""
    authority, context = trustme.CA(), SSLContext(PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return authority, context


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    arm: FakeArm

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def _answer(self) -> None:
        url = urlsplit(self.path)
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(
            method=self.command,
            path=unquote(url.path),
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=_read(data),
        )
        self._send(self.server.arm.answer(asked))

    def _send(self, answer: Answer) -> None:
        raw = answer.body if isinstance(answer.body, str | bytes) else None
        data = b"" if answer.body is None else json.dumps(answer.body).encode() if raw is None else _bytes(raw)
        self.send_response(answer.status)
        if data:
            self.send_header("Content-Type", "application/json; charset=utf-8" if raw is None else "text/plain")
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def _read(data: bytes) -> object:
    try:
        return json.loads(data) if data else None
    except ValueError:
        return data


def _bytes(raw: str | bytes) -> bytes:
    return raw.encode() if isinstance(raw, str) else raw


for _method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
    setattr(_Handler, f"do_{_method}", _Handler._answer)
