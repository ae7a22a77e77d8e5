"""An HTTP request is the event."""

import logging
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import parse_qsl, quote, urlencode

import azure.functions as func

from triggers.asgi import Receive, Scope, Send
from triggers.contract import Event, FunctionResult, Handler, HandRun, ListenerContext, TriggerAdapter
from triggers.errors import InvalidOptions, UnsendableAnswer
from triggers.http_answer import CheckedSend, answer, respond
from triggers.http_binding import AUTH_LEVELS, auth_level, methods
from triggers.http_body import DEFAULT_LIMIT, BodyTooLarge, ClientGone, SpooledBody, read_body

LIMIT_SETTING = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"
FORWARDED_SETTING = "ASPNETCORE_FORWARDEDHEADERS_ENABLED"
# Plain text, or one parameter in braces; which constraints there are is the host's matter.
_SEGMENT = re.compile(r"[^{}]*|\{\*?[A-Za-z_]\w*(:[^{}?=]+)*\??\}")


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
        self._log = logging.getLogger(f"Function.{context.function}")
        self._limit = _limit(context.settings)
        self._forwarded = context.settings.get(FORWARDED_SETTING, "").lower() == "true"
        self._hides_key = context.binding.option("authLevel", "function").lower() != "anonymous"

    async def start(self) -> None:
        binding = self._context.binding
        self._context.routes.mount(
            binding.option("route", self._context.function),
            self._serve,
            methods=methods(binding),
            auth_level=auth_level(binding),
        )

    async def stop(self) -> None:
        """The host's server finishes the requests it took."""

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await read_body(receive, self._limit)
        except BodyTooLarge:
            await respond(send, 413, [], b"")
            return
        except ClientGone:
            return
        metadata = request_metadata(scope, hide_key=self._hides_key, trust_proxy=self._forwarded)
        headers = cast("Mapping[str, str]", metadata["headers"])
        event = Event(id=str(uuid.uuid4()), data=body, metadata=metadata, traceparent=headers.get("traceparent"))
        try:
            result = await self._context.executor.execute(event)
            if callable(result.value):
                await result.value(scope, receive, CheckedSend(send, self._tell))
            else:
                await self._answer(result, scope, send)
        finally:
            if isinstance(body, SpooledBody):
                body.close()

    async def _answer(self, result: FunctionResult, scope: Scope, send: Send) -> None:
        try:
            status, headers, content = answer(result)
        except UnsendableAnswer as error:
            self._tell(error)
            await respond(send, 500, [], b"")
        else:
            await respond(send, status, headers, content, method=scope["method"])

    def _tell(self, error: UnsendableAnswer) -> None:
        self._log.error("The answer cannot be sent: %s", error)


def _limit(settings: Mapping[str, str]) -> int:
    text = settings.get(LIMIT_SETTING, "")
    return int(text) if text.isdecimal() else DEFAULT_LIMIT


def request_metadata(scope: Scope, *, hide_key: bool = False, trust_proxy: bool = False) -> Mapping[str, object]:
    """Method, url (percent-encoded), headers (lower case, joined by commas), query and route parameters of a request.

    Query parameters with an empty value are left out and repeated ones joined by commas, as on Azure. With `hide_key`
    the function key in `code` stays between caller and host; with `trust_proxy` the url is the one that the proxy
    was asked for.
    """
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    query = scope["query_string"].decode("latin-1")
    pairs = parse_qsl(query, keep_blank_values=True) if query else []
    if hide_key and any(key == "code" for key, _ in pairs):
        pairs = [(key, text) for key, text in pairs if key != "code"]
        query = urlencode(pairs)
    params: dict[str, str] = {}
    for key, text in pairs:
        if text:
            params[key] = f"{params[key]},{text}" if key in params else text
    return {
        "method": scope["method"],
        "url": _origin(scope, headers, trust_proxy=trust_proxy) + _path(scope) + (f"?{query}" if query else ""),
        "headers": headers,
        "params": params,
        "route_params": scope.get("path_params", {}),
    }


def _origin(scope: Scope, headers: Mapping[str, str], *, trust_proxy: bool) -> str:
    scheme, host = scope["scheme"], headers.get("host", "")
    if trust_proxy:
        scheme = headers.get("x-forwarded-proto", scheme).split(",")[0].strip()
        host = headers.get("x-forwarded-host", host).split(",")[0].strip()
    return f"{scheme}://{host}"


def _path(scope: Scope) -> str:
    """As it was sent, so that whoever decodes the url's path gets what the client meant."""
    raw: bytes | None = scope.get("raw_path")
    return quote(scope["path"]) if raw is None else raw.split(b"?")[0].decode("latin-1")


async def request_event(run: HandRun) -> Event:
    """A POST of the text to the function's route."""
    path = run.binding.option("route", run.function).strip("/")
    metadata = {
        "method": "POST",
        "url": f"http://localhost/{path}",
        "headers": {"host": "localhost", "content-length": str(len(run.text.encode()))},
        "params": {},
        "route_params": {},
    }
    return Event(id=str(uuid.uuid4()), data=run.text.encode(), metadata=metadata)


adapter = TriggerAdapter(
    name="http",
    binding_type="httpTrigger",
    extension="http",
    options=HttpOptions,
    listen=HttpListener,
    # The keys that callers show are in the app's storage account, the same for every replica and after each start.
    extras=("blob",),
    event_of=request_event,
)
