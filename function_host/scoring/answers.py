"""The scoring server's answers: status, body and headers for every outcome of run()."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import azure.functions as func
from werkzeug.wrappers import Response

from function_host.scoring.cors import cors_headers
from function_host.scoring.settings import ScoringSettings
from triggers.http_body import SpooledBody, whole

SCRIPT_FAILED = "An unexpected error occurred in scoring script. Check the logs for more info."
INTERNAL_ERROR = "An unexpected internal error occurred. Check the logs for more info."
NOT_ALLOWED = "Method not allowed"
LONGEST_ID = 100

RUN_FAILED = "x-ms-run-function-failed"
RUN_TIME = "x-ms-run-fn-exec-ms"
_REQUEST_ID = "x-request-id"
_MS_REQUEST_ID = "x-ms-request-id"
_CLIENT_REQUEST_ID = "x-ms-client-request-id"
_OURS = frozenset({"content-length", _REQUEST_ID, _MS_REQUEST_ID, _CLIENT_REQUEST_ID})
"""Headers of a script's own response that do not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestIds:
    """The ids that tie a request to its answer."""

    headers: Mapping[str, str]
    too_long: str | None = None
    """What is wrong, if an id is over LONGEST_ID characters; such an id is not echoed."""


def request_ids(headers: Mapping[str, str]) -> RequestIds:
    """Echo what the client sent, and make what it did not."""
    request_id = headers.get(_REQUEST_ID) or str(uuid.uuid4())
    if len(request_id) > LONGEST_ID:
        return RequestIds(headers={}, too_long=f"{_REQUEST_ID} must not exceed {LONGEST_ID} characters")
    client_id = headers.get(_CLIENT_REQUEST_ID) or headers.get(_MS_REQUEST_ID)
    ids = {_REQUEST_ID: request_id, _MS_REQUEST_ID: headers.get(_MS_REQUEST_ID) or client_id or request_id}
    if client_id:
        ids[_CLIENT_REQUEST_ID] = client_id
    if any(len(value) > LONGEST_ID for value in ids.values()):
        reason = f"{_MS_REQUEST_ID} and {_CLIENT_REQUEST_ID} must not exceed {LONGEST_ID} characters"
        return RequestIds(headers={_REQUEST_ID: request_id}, too_long=reason)
    return RequestIds(headers=ids)


def message(text: str, status: int, *, run_failed: bool = False) -> func.HttpResponse:
    """A JSON answer that says one thing."""
    return reply(json.dumps({"message": text}), status, run_failed=run_failed)


def reply(body: str | bytes, status: int, *, run_failed: bool = False) -> func.HttpResponse:
    """A JSON answer, with the header that tells whether run() failed."""
    headers = {RUN_FAILED: str(run_failed)}
    return func.HttpResponse(body, status_code=status, mimetype="application/json", headers=headers)


def empty() -> func.HttpResponse:
    """The answer to OPTIONS."""
    return func.HttpResponse(status_code=200, mimetype="text/html", headers={RUN_FAILED: "False"})


def from_response(response: Response, streamed: bytes | SpooledBody | None) -> func.HttpResponse:
    """A response that run() made, with its own headers; `streamed` is its body if it came piece by piece."""
    body = response.get_data() if streamed is None else whole(streamed)
    answer = func.HttpResponse(body, status_code=response.status_code)
    for name, value in response.headers:
        if name.lower() not in _OURS:
            answer.headers.add(name, value)
    if response.status_code >= 500:
        answer.headers[RUN_FAILED] = "True"
    return answer


def framed(
    answer: func.HttpResponse, request: Mapping[str, str], method: str, ids: RequestIds, settings: ScoringSettings
) -> func.HttpResponse:
    """Add what every answer has: ids, server version, TraceId, and what browsers ask for."""
    add = answer.headers.add
    if settings.server_version is not None:
        add("x-ms-server-version", settings.server_version)
    for name, value in ids.headers.items():
        add(name, value)
    if "traceid" in request:
        add("TraceId", request["traceid"])
    if settings.cors_origins:
        for name, value in cors_headers(settings.cors_origins, method, request):
            add(name, value)
    return answer
