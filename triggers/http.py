"""An HTTP request is the event."""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import parse_qsl

import azure.functions as func

from triggers.asgi import Receive, Scope, Send
from triggers.contract import Event, FunctionResult, Handler, ListenerContext, TriggerAdapter
from triggers.errors import InvalidOptions

AUTH_LEVELS = ("anonymous", "function", "admin")
MAX_BODY_BYTES = 104_857_600
# Plain text, or one parameter in braces; which constraints there are is the host's matter.
_SEGMENT = re.compile(r"[^{}]*|\{\*?[A-Za-z_]\w*(:[^{}?=]+)*\??\}")

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """How a scoring script is reached by HTTP."""

    auth_level: str | None = None
    """`anonymous`, `function` (the default) or `admin`: which key a caller needs."""
    route: str = "score"
    """The path below the host's route prefix."""

    def __post_init__(self) -> None:
        if self.auth_level is not None and str(self.auth_level).lower() not in AUTH_LEVELS:
            raise InvalidOptions(f"auth_level {self.auth_level!r} is not one of {', '.join(AUTH_LEVELS)}.")
        if not isinstance(self.route, str) or not self.route.strip("/"):
            raise InvalidOptions(f"route {self.route!r} must be a path such as 'score'.")
        odd = [part for part in self.route.strip("/").split("/") if not _SEGMENT.fullmatch(part)]
        if odd:
            raise InvalidOptions(
                f"route {self.route!r} has the segment {odd[0]!r}; a parameter is a whole segment such as {{id}}, "
                "{id:int}, {id?} or {*rest}."
            )

    def declare(self, app: func.FunctionApp, handler: Handler) -> None:
        level = func.AuthLevel[(self.auth_level or "function").upper()]

        @app.function_name("score_http")
        @app.route(route=self.route, methods=["GET", "POST", "OPTIONS"], auth_level=level)
        async def score_http(req: func.HttpRequest) -> func.HttpResponse:
            return await handler.handle_http(req)


class HttpListener:
    """Serves one function at its route."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    async def start(self) -> None:
        binding = self._context.binding
        self._context.routes.mount(
            binding.option("route", self._context.function),
            self._serve,
            methods=cast("Sequence[str]", binding.options.get("methods", ())),
            auth_level=binding.option("authLevel", "function"),
        )

    async def stop(self) -> None:
        """The host's server finishes the requests it took."""

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        if body is None:
            await respond(send, 413, [], b"")
            return
        event = Event(id=str(uuid.uuid4()), data=body, metadata=request_metadata(scope))
        status, headers, content = answer(await self._context.executor.execute(event))
        await respond(send, status, headers, content)


async def read_body(receive: Receive) -> bytes | None:
    """The whole request body; None when it is larger than MAX_BODY_BYTES."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body
    chunks, size = [body], len(body)
    while message.get("more_body", False) and size <= MAX_BODY_BYTES:
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
    return b"".join(chunks) if size <= MAX_BODY_BYTES else None


def request_metadata(scope: Scope) -> Mapping[str, object]:
    """Method, url, headers (lower case, joined by commas), query and route parameters of a request.

    Query parameters with an empty value are left out and repeated ones joined by commas, as on Azure.
    """
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    params: dict[str, str] = {}
    query = scope["query_string"].decode("latin-1")
    for key, text in parse_qsl(query):
        params[key] = f"{params[key]},{text}" if key in params else text
    url = f"{scope['scheme']}://{headers.get('host', '')}{scope['path']}" + (f"?{query}" if query else "")
    return {
        "method": scope["method"],
        "url": url,
        "headers": headers,
        "params": params,
        "route_params": scope.get("path_params", {}),
    }


def answer(result: FunctionResult) -> tuple[int, Headers, bytes]:
    """What the caller gets: the function's response, or 500 with an empty body when it failed."""
    value = result.value
    if isinstance(value, func.HttpResponse):
        headers = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in value.headers.items()]
        if "content-type" not in value.headers:
            headers.append((b"content-type", _content_type(value).encode("latin-1")))
        return value.status_code, headers, value.get_body()
    if isinstance(value, str):
        return 200, [(b"content-type", b"text/plain; charset=utf-8")], value.encode()
    return 500, [], b""


def _content_type(response: func.HttpResponse) -> str:
    is_text = response.mimetype.startswith("text/")
    return f"{response.mimetype}; charset={response.charset}" if is_text else str(response.mimetype)


async def respond(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Send one complete response."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


adapter = TriggerAdapter(
    name="http",
    binding_type="httpTrigger",
    extension="http",
    options=HttpOptions,
    listen=HttpListener,
)
