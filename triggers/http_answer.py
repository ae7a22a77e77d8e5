"""From what a function returned to status, headers and body."""

import json
import re
from collections.abc import Callable, Mapping

import azure.functions as func

from triggers.asgi import Message, Send
from triggers.contract import FunctionResult
from triggers.errors import UnsendableAnswer

Headers = list[tuple[bytes, bytes]]

FRAMING = frozenset({b"connection", b"content-length", b"date", b"keep-alive", b"transfer-encoding"})
"""Headers that tell how an answer is sent; the server writes them, whatever the app wrote."""
_WITHOUT_BODY = (204, 205, 304)
_WITHOUT_LENGTH = (204, 304)
# An informational status is never the last word: the client would wait for it.
_STATUSES = range(200, 600)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_TEXT = b"text/plain; charset=utf-8"
_JSON = b"application/json; charset=utf-8"


def answer(result: FunctionResult) -> tuple[int, Headers, bytes]:
    """What the caller gets: the function's response, or 500 with an empty body when it failed.

    Text that is a JSON object with a `body` is taken for a response in words, as on Azure: `body`, `headers` and
    `status` or `statusCode`. Raises UnsendableAnswer for a status or header that HTTP cannot carry.
    """
    value = result.value
    if isinstance(value, func.HttpResponse):
        return _from_response(value)
    if isinstance(value, str):
        return _from_text(value)
    return 500, [], b""


def encoded_header(name: str, value: object) -> tuple[bytes, bytes]:
    """The header as it is sent; raises UnsendableAnswer."""
    text = str(value)
    if not _NAME.fullmatch(name):
        raise UnsendableAnswer(f"{name!r} is no name of a header; use letters, digits and hyphens.")
    if _CONTROL.search(text):
        raise UnsendableAnswer(f"The header {name!r} is {text!r}; take the line breaks and control characters out.")
    try:
        return name.lower().encode(), text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise UnsendableAnswer(
            f"The header {name!r} is {text!r}; headers carry Latin-1 alone, so percent-encode it."
        ) from error


def _from_response(value: func.HttpResponse) -> tuple[int, Headers, bytes]:
    headers = [encoded_header(name, text) for name, text in value.headers.items()]
    if "content-type" not in value.headers:
        is_text = value.mimetype.startswith("text/")
        content_type = f"{value.mimetype}; charset={value.charset}" if is_text else str(value.mimetype)
        headers.append(encoded_header("content-type", content_type))
    return _status(value.status_code), headers, value.get_body()


def _from_text(text: str) -> tuple[int, Headers, bytes]:
    parts = _response_in_words(text)
    if parts is None:
        return 200, [(b"content-type", _TEXT)], text.encode(errors="replace")
    body = parts.get("body")
    status = parts.get("statuscode", parts.get("status", 200))
    given = parts.get("headers")
    pairs = given.items() if isinstance(given, dict) else ()
    headers = [encoded_header(str(name), value) for name, value in pairs]
    if not any(name == b"content-type" for name, _ in headers):
        headers.append((b"content-type", _TEXT if isinstance(body, str) else _JSON))
    text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
    return _status(status), headers, text.encode(errors="replace")


def _response_in_words(text: str) -> Mapping[str, object] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        document = json.loads(text)
    except ValueError:
        return None
    parts = {str(key).lower(): value for key, value in document.items()}
    return parts if "body" in parts else None


def _status(value: object) -> int:
    try:
        status = int(value if isinstance(value, int) else str(value))
    except ValueError:
        status = 0
    if status not in _STATUSES:
        raise UnsendableAnswer(f"The status of the answer is {value!r}; it must be a number from 200 to 599.")
    return status


async def respond(send: Send, status: int, headers: Headers, body: bytes, *, method: str = "GET") -> None:
    """Send one complete response.

    An answer to HEAD keeps the length that the app told, for it is that of the body a GET would get.
    """
    told = next((value for name, value in headers if name == b"content-length"), b"")
    kept = [(name, value) for name, value in headers if name not in FRAMING]
    if status in _WITHOUT_BODY:
        body = b""
    if status not in _WITHOUT_LENGTH:
        is_told = method == "HEAD" and not body and told.isdigit()
        kept.append((b"content-length", told if is_told else str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": kept})
    await send({"type": "http.response.body", "body": body})


class CheckedSend:
    """An ASGI `send` for a response that an app streams: what HTTP cannot carry becomes 500 with an empty body.

    The app's own length stays, for nobody else knows it. Whatever follows a refused start goes nowhere.
    """

    def __init__(self, send: Send, tell: Callable[[UnsendableAnswer], None]) -> None:
        self._send, self._tell = send, tell
        self._is_refused = self._is_empty = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            try:
                message = self._start(message)
            except UnsendableAnswer as error:
                self._is_refused = True
                self._tell(error)
                await respond(self._send, 500, [], b"")
        elif self._is_empty:
            message = {**message, "body": b""}
        if not self._is_refused:
            await self._send(message)

    def _start(self, message: Message) -> Message:
        status = _status(message["status"])
        self._is_empty = status in _WITHOUT_BODY
        given = message.get("headers", ())
        pairs = [encoded_header(name.decode("latin-1"), value.decode("latin-1")) for name, value in given]
        dropped = FRAMING if self._is_empty else FRAMING - {b"content-length"}
        return {**message, "status": status, "headers": [pair for pair in pairs if pair[0] not in dropped]}
