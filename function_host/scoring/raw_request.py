"""One request or event as scripts may see it: its parts, and the Flask-like object that @rawhttp hands over."""

import io
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import azure.functions as func

from function_host.scoring.aml_http import AMLRequest
from triggers.http_body import Readable


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What came in, whatever brought it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | Readable
    is_event: bool = False
    """Is it a blob, a message ... rather than a request? Then nothing tells the type of its body."""

    @property
    def query(self) -> str:
        """What stands behind the question mark, as it was sent."""
        return urlsplit(self.url).query

    def whole_body(self) -> bytes:
        """All of the body in memory."""
        if isinstance(self.body, bytes):
            return self.body
        data = self.body.read()
        return data.encode() if isinstance(data, str) else data


def from_request(request: func.HttpRequest) -> Arrival:
    """A request of an HTTP trigger."""
    return Arrival(method=request.method, url=request.url, headers=request.headers, body=request.get_body())


def from_event(body: bytes | Readable, headers: Mapping[str, str]) -> Arrival:
    """A pulled event, which is a POST to whoever asks."""
    return Arrival(method="POST", url="/", headers=headers, body=body, is_event=True)


def raw_request(arrival: Arrival) -> AMLRequest:
    """The request itself; its stream is the body, which is not read before somebody asks."""
    body = arrival.body
    environ = {
        **_addressed(arrival),
        **{_variable(name): value for name, value in arrival.headers.items()},
        "wsgi.input": io.BytesIO(body) if isinstance(body, bytes) else body,
        # It ends by itself, so the request need not count.
        "wsgi.input_terminated": True,
    }
    if arrival.is_event:
        length = len(body) if isinstance(body, bytes) else getattr(body, "length", None)
        if length is not None:
            environ["CONTENT_LENGTH"] = str(length)
    return AMLRequest(environ)


def _addressed(arrival: Arrival) -> dict[str, Any]:
    """The variables of WSGI that tell what is asked of whom."""
    parts = urlsplit(arrival.url)
    scheme = parts.scheme or "http"
    return {
        "REQUEST_METHOD": arrival.method,
        "SCRIPT_NAME": "",
        # WSGI has bytes in here, one in each character.
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "RAW_URI": f"{parts.path}?{parts.query}" if parts.query else parts.path,
        "SERVER_NAME": parts.hostname or "localhost",
        "SERVER_PORT": str(parts.port or (443 if scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _variable(header: str) -> str:
    name = header.upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
