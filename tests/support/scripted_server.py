"""A loopback HTTP server that gives the answers it was told to, and remembers what it was asked."""

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer; with `cut_request` or `cut_body` the connection is dropped after so many bytes."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut_request: int | None = None
    cut_body: int | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    method: str
    path: str
    headers: Message
    """Names in any case."""
    body: bytes


@dataclass(kw_only=True)
class ScriptedServer:
    address: str
    replies: list[Reply] | dict[str, Reply]
    breaks: int = 0
    asked: list[Asked] = field(default_factory=list)

    def reply(self, path: str) -> Reply:
        if isinstance(self.replies, dict):
            return self.replies.get(path, Reply(status=404))
        return self.replies.pop(0) if self.replies else Reply(status=599, body=b"the script is at its end")

    @property
    def lines(self) -> list[str]:
        """`METHOD path` of each request but the first look at /v2/."""
        return [f"{each.method} {each.path}" for each in self.asked if each.path != "/v2/"]


@contextmanager
def scripted(
    replies: list[Reply] | dict[str, Reply], context: ssl.SSLContext | None = None, *, breaks: int = 0
) -> Iterator[ScriptedServer]:
    """`/v2/` is answered with 200 by itself; a request after the last reply gets 599, one to another path 404.

    `breaks` connections that ask for `/v2/` are dropped first.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.script = ScriptedServer(address=f"127.0.0.1:{server.server_port}", replies=replies.copy(), breaks=breaks)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        script: ScriptedServer = self.server.script
        if self.path == "/v2/":
            script.breaks -= 1
            self._send(Reply()) if script.breaks < 0 else self._cut()
            return
        reply = script.reply(self.path)
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length if reply.cut_request is None else reply.cut_request)
        script.asked.append(Asked(method=self.command, path=self.path, headers=self.headers, body=body))
        if reply.cut_request is not None:
            self._cut()
            return
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in reply.headers:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body[: reply.cut_body])
        if reply.cut_body is not None:
            self._cut()

    def _cut(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        pass


for _method in ("GET", "HEAD", "POST", "PUT", "PATCH"):
    setattr(_Handler, f"do_{_method}", _Handler._answer)
