"""The scoring server's answers: status, body and headers for every outcome of run()."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import azure.functions as func

SCRIPT_FAILED = "An unexpected error occurred in scoring script. Check the logs for more info."
INTERNAL_ERROR = "An unexpected internal error occurred. Check the logs for more info."
LONGEST_ID = 100

_REQUEST_ID = "x-request-id"
_MS_REQUEST_ID = "x-ms-request-id"
_CLIENT_REQUEST_ID = "x-ms-client-request-id"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestIds:
    """The ids that tie a request to its answer."""

    headers: Mapping[str, str]
    too_long: str | None = None
    """The name of the header that is over LONGEST_ID characters."""


def request_ids(headers: Mapping[str, str]) -> RequestIds:
    """Echo what the client sent, and make what it did not."""
    request_id = headers.get(_REQUEST_ID) or str(uuid.uuid4())
    client_id = headers.get(_CLIENT_REQUEST_ID) or headers.get(_MS_REQUEST_ID)
    ids = {_REQUEST_ID: request_id, _MS_REQUEST_ID: headers.get(_MS_REQUEST_ID) or client_id or request_id}
    if client_id:
        ids[_CLIENT_REQUEST_ID] = client_id
    too_long = next((name for name, value in ids.items() if len(value) > LONGEST_ID), None)
    return RequestIds(headers={} if too_long else ids, too_long=too_long)


def message(text: str, status: int, *, run_failed: bool = False, ids: Mapping[str, str]) -> func.HttpResponse:
    """A JSON answer that says one thing."""
    return reply(json.dumps({"message": text}), status, run_failed=run_failed, headers=ids)


def reply(body: str | bytes, status: int, *, run_failed: bool = False, headers: Mapping[str, str]) -> func.HttpResponse:
    """A JSON answer, with the header that tells whether run() failed."""
    return func.HttpResponse(
        body,
        status_code=status,
        mimetype="application/json",
        headers={"x-ms-run-function-failed": str(run_failed), **headers},
    )
