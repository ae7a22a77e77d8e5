"""Functions that take and return Starlette's requests and responses, as the FastAPI extension package offers them."""

import asyncio
import sys
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from triggers.asgi import ASGIApp, Message
from triggers.contract import Event
from triggers.http_body import SpooledBody

_CHUNK = 65536


def wants_starlette(hint: Any) -> bool:
    """Is the annotation Starlette's request, or FastAPI's, which is the same? Imports nothing."""
    requests = sys.modules.get("starlette.requests")
    return requests is not None and isinstance(hint, type) and issubclass(hint, requests.Request)


def starlette_request(event: Event) -> object:
    """The request that `event` is; its body can be read as a stream."""
    from starlette.requests import Request

    return Request(_scope(event.metadata), _Replay(event.data))


def answer_app(value: object) -> ASGIApp:
    """What sends a returned value: a Starlette response itself, anything else as JSON."""
    from fastapi.encoders import jsonable_encoder
    from starlette.responses import JSONResponse, Response

    return cast("ASGIApp", value if isinstance(value, Response) else JSONResponse(jsonable_encoder(value)))


def _scope(metadata: Mapping[str, object]) -> dict[str, object]:
    url = urlsplit(cast("str", metadata["url"]))
    headers = cast("Mapping[str, str]", metadata["headers"])
    default = 443 if url.scheme == "https" else 80
    return {
        "type": "http",
        "http_version": "1.1",
        "method": metadata["method"],
        "scheme": url.scheme,
        "server": (url.hostname or "localhost", url.port or default),
        "path": unquote(url.path),
        "raw_path": url.path.encode("latin-1", "replace"),
        "root_path": "",
        "query_string": url.query.encode("latin-1", "replace"),
        "headers": [(name.encode("latin-1"), text.encode("latin-1")) for name, text in headers.items()],
        "path_params": dict(cast("Mapping[str, object]", metadata["route_params"])),
    }


class _Replay:
    """An ASGI `receive` for a body that has arrived: gives it in chunks, then waits, as for a client that listens."""

    def __init__(self, body: object) -> None:
        self._body = body.read() if isinstance(body, SpooledBody) else cast("bytes", body)
        self._sent = 0
        self._ended = False

    async def __call__(self) -> Message:
        if self._ended:
            await asyncio.Event().wait()
        chunk = self._body[self._sent : self._sent + _CHUNK]
        self._sent += len(chunk)
        self._ended = self._sent >= len(self._body)
        return {"type": "http.request", "body": chunk, "more_body": not self._ended}
