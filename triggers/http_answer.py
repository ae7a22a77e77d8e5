"""From what a function returned to status, headers and body."""

import json
from collections.abc import Mapping

import azure.functions as func

from triggers.asgi import Send
from triggers.contract import FunctionResult

Headers = list[tuple[bytes, bytes]]

_TEXT = b"text/plain; charset=utf-8"
_JSON = b"application/json; charset=utf-8"


def answer(result: FunctionResult) -> tuple[int, Headers, bytes]:
    """What the caller gets: the function's response, or 500 with an empty body when it failed.

    Text that is a JSON object with a `body` is taken for a response in words, as on Azure: `body`, `headers` and
    `status` or `statusCode`.
    """
    value = result.value
    if isinstance(value, func.HttpResponse):
        return _from_response(value)
    if isinstance(value, str):
        return _from_text(value)
    return 500, [], b""


def _from_response(value: func.HttpResponse) -> tuple[int, Headers, bytes]:
    headers = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in value.headers.items()]
    if "content-type" not in value.headers:
        is_text = value.mimetype.startswith("text/")
        content_type = f"{value.mimetype}; charset={value.charset}" if is_text else str(value.mimetype)
        headers.append((b"content-type", content_type.encode("latin-1")))
    return value.status_code, headers, value.get_body()


def _from_text(text: str) -> tuple[int, Headers, bytes]:
    parts = _response_in_words(text)
    if parts is None:
        return 200, [(b"content-type", _TEXT)], text.encode()
    body = parts.get("body")
    status = parts.get("statuscode", parts.get("status", 200))
    given = parts.get("headers")
    pairs = given.items() if isinstance(given, dict) else ()
    headers = [(str(name).lower().encode("latin-1"), str(value).encode("latin-1")) for name, value in pairs]
    if not any(name == b"content-type" for name, _ in headers):
        headers.append((b"content-type", _TEXT if isinstance(body, str) else _JSON))
    content = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
    return int(str(status)), headers, content


def _response_in_words(text: str) -> Mapping[str, object] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        document = json.loads(text)
    except ValueError:
        return None
    parts = {str(key).lower(): value for key, value in document.items()}
    return parts if "body" in parts else None


async def respond(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Send one complete response."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
