"""AMLRequest, AMLResponse and rawhttp: how scripts speak HTTP themselves."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from werkzeug.wrappers import Request, Response

Run = TypeVar("Run", bound=Callable[..., Any])

_HTML = "text/html; charset=utf-8"
_JSON = "application/json"

_uses: list[str] = []


class AMLRequest(Request):
    """The request of a @rawhttp script; has the interface of Flask's."""

    url_rule = None
    endpoint = "main.handle_score"
    blueprint = "main"
    blueprints = ("main",)
    routing_exception = None

    @property
    def view_args(self) -> dict[str, Any]:
        """The path has no variable parts."""
        return {}


class AMLResponse(Response):
    """An answer with a status code and headers of its own."""

    def __init__(
        self,
        message: object,
        status_code: int,
        response_headers: Mapping[str, str] | None = None,
        json_str: bool = False,
        run_function_failed: bool = False,
    ) -> None:
        """`json_str` sends `message` as JSON; an iterator gives the body piece by piece.

        What is neither text nor pieces of it is sent as JSON, too. A header value with commas becomes one header per
        part.
        """
        headers = response_headers or {}
        body, content_type = _body(message, json_str=json_str)
        super().__init__(body, status=status_code, content_type=content_type)
        self.headers["x-ms-run-function-failed"] = str(run_function_failed)
        if any(name.lower() == "content-type" for name in headers) and content_type == _HTML:
            # It would be there twice.
            del self.headers["content-type"]
        for name, values in headers.items():
            for value in str(values).split(","):
                self.headers.add(name, value.strip())


def _body(message: object, *, json_str: bool) -> tuple[Any, str]:
    is_pieces = isinstance(message, list | tuple) and all(isinstance(piece, str | bytes) for piece in message)
    if not json_str and (is_pieces or isinstance(message, str | bytes | bytearray | Iterator)):
        return message, _HTML
    return json.dumps({} if message is None else message), _JSON


def rawhttp(function: Run) -> Run:
    """Make run() take the request itself rather than its text."""
    # Other decorators may hide the function, so what counts is that the script uses this one at all.
    _uses.append(getattr(function, "__name__", ""))
    return function


def raw_http_uses() -> int:
    """How often rawhttp was used in this process."""
    return len(_uses)
