"""Every answer of the host's port: function routes, probes, and 401, 404 and 500 where there is no function."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from function_host.http.auth import Authorizer
from function_host.http.routing import RouteTable
from triggers.asgi import ASGIApp, Receive, Scope, Send

_log = logging.getLogger("Host.Http")

_HOMEPAGE = b"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Function app</title></head>
<body><h1>Your function app is up and running</h1></body></html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionRoutes:
    """The Routes of one function: puts its endpoint below the prefix, guarded by its authorization level."""

    table: RouteTable
    prefix: str
    function: str

    def mount(self, template: str, app: ASGIApp, *, methods: Sequence[str], auth_level: str) -> None:
        path = "/".join(part for part in (self.prefix, template.strip("/")) if part)
        self.table.add(path, app, methods=methods, auth_level=auth_level, function=self.function)


class HttpApp:
    """The ASGI application behind the host's port."""

    def __init__(self, routes: RouteTable, authorizer: Authorizer, is_ready: Callable[[], bool]) -> None:
        self._routes = routes
        self._authorizer = authorizer
        self._is_ready = is_ready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        own = self._own_answer(path)
        if own is not None:
            await _send(send, *own)
            return
        match = self._routes.find(scope["method"], path)
        if match is None:
            homepage = path == "/" and scope["method"] in ("GET", "HEAD")
            await (_send(send, 200, _HOMEPAGE, b"text/html; charset=utf-8") if homepage else _send(send, 404))
        elif not self._authorizer.allows(scope, match.route):
            _log.warning("Refused %s %s: no key for its level, %r.", scope["method"], path, match.route.auth_level)
            await _send(send, 401)
        else:
            scope["path_params"] = match.parameters
            await match.route.app(scope, receive, send)

    def _own_answer(self, path: str) -> tuple[int, bytes] | None:
        """Answers that need no key: is the host there, and is the app ready for events?"""
        if path in ("/admin/host/ping", "/health/live"):
            return 200, b""
        if path == "/health/ready":
            return (200, b"ready") if self._is_ready() else (503, b"starting or stopping")
        return (404, b"") if path.startswith(("/admin/", "/runtime/")) else None


async def _send(send: Send, status: int, body: bytes = b"", content_type: bytes = b"text/plain") -> None:
    headers = [(b"content-length", str(len(body)).encode())]
    if body:
        headers.append((b"content-type", content_type))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
