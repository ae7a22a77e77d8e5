"""What host.json and the settings put around every function: throttle, CORS, HSTS and custom headers."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from function_host.any_case import AnyCase
from function_host.errors import ConfigError
from function_host.http.own_paths import is_throttled
from triggers.asgi import ASGIApp, Message, Receive, Scope, Send
from triggers.errors import UnsendableAnswer
from triggers.http_answer import FRAMING, encoded_header, respond
from triggers.timespan import parse_timespan

_SCALE_OUT = [(b"x-functions-scaleout", b"1")]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpConfig:
    """The `http` section of host.json, complete."""

    route_prefix: str = "api"
    max_outstanding_requests: int = -1
    """Requests running or waiting at once; further ones get 429. -1 is no limit."""
    custom_headers: Mapping[str, str] = field(default_factory=dict)
    """Added to every function's response that does not have them."""
    hsts_max_age: timedelta | None = None
    cors_origins: Sequence[str] = ()
    cors_credentials: bool = False


def wrap(app: ASGIApp, config: HttpConfig) -> ASGIApp:
    """`app` with what `config` asks for around it, and nothing around it that it does not ask for."""
    headers = dict(config.custom_headers)
    if config.hsts_max_age is not None:
        headers["strict-transport-security"] = f"max-age={int(config.hsts_max_age.total_seconds())}"
    if headers:
        app = _with_headers(app, headers)
    if config.cors_origins:
        app = _with_cors(app, config)
    return app if config.max_outstanding_requests < 0 else _with_throttle(app, config.max_outstanding_requests)


def _with_throttle(app: ASGIApp, limit: int) -> ASGIApp:
    outstanding = 0

    async def throttled(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal outstanding
        if not is_throttled(scope["path"]):
            await app(scope, receive, send)
            return
        if outstanding >= limit:
            await respond(send, 429, _SCALE_OUT, b"")
            return
        outstanding += 1
        try:
            await app(scope, receive, send)
        finally:
            outstanding -= 1

    return throttled


def _with_headers(app: ASGIApp, headers: Mapping[str, str]) -> ASGIApp:
    added = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

    async def with_headers(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, _adding(send, lambda present: [h for h in added if h[0] not in present]))

    return with_headers


def _with_cors(app: ASGIApp, config: HttpConfig) -> ASGIApp:
    async def with_cors(scope: Scope, receive: Receive, send: Send) -> None:
        asked = dict(scope["headers"])
        origin = asked.get(b"origin", b"").decode("latin-1")
        if not origin or not ("*" in config.cors_origins or origin in config.cors_origins):
            await app(scope, receive, send)
            return
        allowed = _cors_headers(origin, config)
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in asked:
            allowed.append((b"access-control-allow-methods", asked[b"access-control-request-method"]))
            allowed.append((b"access-control-allow-headers", asked.get(b"access-control-request-headers", b"*")))
            await respond(send, 204, allowed, b"")
            return
        await app(scope, receive, _adding(send, lambda _: allowed))

    return with_cors


def _cors_headers(origin: str, config: HttpConfig) -> list[tuple[bytes, bytes]]:
    allowed = b"*" if "*" in config.cors_origins else origin.encode("latin-1")
    headers = [(b"access-control-allow-origin", allowed), (b"vary", b"Origin")]
    if config.cors_credentials:
        headers.append((b"access-control-allow-credentials", b"true"))
    return headers


def _adding(send: Send, more: Callable[[set[bytes]], Sequence[tuple[bytes, bytes]]]) -> Send:
    async def adding(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            message = {**message, "headers": [*headers, *more({name.lower() for name, _ in headers})]}
        await send(message)

    return adding


def read_http_config(section: Mapping[str, object], settings: Mapping[str, str], *, place: str) -> HttpConfig:
    """The `http` section with its defaults; raises ConfigError naming the key."""
    custom = section.get("customHeaders", {})
    if not isinstance(custom, dict):
        raise ConfigError(f"{place}.customHeaders must be a JSON object, not {custom!r}.")
    origins = _origins(settings)
    credentials = settings.get("CORS_SUPPORT_CREDENTIALS", "").lower() == "true"
    if credentials and "*" in origins:
        raise ConfigError(
            "CORS allows every origin ('*') and credentials, which browsers refuse: name the origins in "
            "CORS_ALLOWED_ORIGINS (on your machine Host.CORS of local.settings.json), or allow no credentials."
        )
    return HttpConfig(
        route_prefix=str(section.get("routePrefix", "api")).strip("/"),
        max_outstanding_requests=_whole(section.get("maxOutstandingRequests", -1), f"{place}.maxOutstandingRequests"),
        custom_headers=_custom_headers(custom, f"{place}.customHeaders"),
        hsts_max_age=_hsts(section.get("hsts", {}), place),
        cors_origins=origins,
        cors_credentials=credentials,
    )


def _custom_headers(section: Mapping[str, object], place: str) -> Mapping[str, str]:
    for name, value in section.items():
        try:
            key, _ = encoded_header(name, value)
        except UnsendableAnswer as error:
            raise ConfigError(f"{place}: {error}") from error
        if key in FRAMING:
            raise ConfigError(f"{place}.{name}: the server writes this header itself; remove it.")
    return {name: str(value) for name, value in section.items()}


def _whole(value: object, place: str) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = -2
    if number < -1:
        raise ConfigError(f"{place} is {value!r}; it must be a whole number, or -1 for no limit.")
    return number


def _hsts(section: object, place: str) -> timedelta | None:
    hsts = AnyCase(section if isinstance(section, dict) else {})
    if str(hsts.get("isEnabled", False)).lower() != "true":
        return None
    try:
        return parse_timespan(str(hsts.get("maxAge", "30")))
    except ValueError as error:
        raise ConfigError(f"{place}.hsts.maxAge: {error}.") from error


def _origins(settings: Mapping[str, str]) -> Sequence[str]:
    if settings.get("FUNCTIONS_ENABLE_CORS_CONFIGURATION") not in ("1", "true"):
        return ()
    try:
        origins = json.loads(settings.get("CORS_ALLOWED_ORIGINS", "[]"))
    except ValueError as error:
        raise ConfigError(f"The app setting CORS_ALLOWED_ORIGINS must be a JSON array of origins: {error}.") from error
    if not isinstance(origins, list):
        raise ConfigError("The app setting CORS_ALLOWED_ORIGINS must be a JSON array of origins.")
    return [str(origin) for origin in origins]
