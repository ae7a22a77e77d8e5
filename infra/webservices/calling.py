"""One request to a web service, as the retired run() made it."""

import json
from collections.abc import Mapping
from typing import Any

import urllib3

from infra.errors import WebserviceFailed

_PATIENCE = 230.0


def answer(url: str, body: str | bytes, *, keys: tuple[str, ...] = ()) -> Any:
    """The JSON value it answers; a key is shown when it asks for one.

    Raises WebserviceFailed with status, headers and content of any other answer, and for a body that is no text.
    """
    if not isinstance(body, str | bytes):
        raise WebserviceFailed(
            f"run() was given a {type(body).__name__}, and a service takes text or bytes: give json.dumps(...) of it."
        )
    status, headers, content = _post(url, body, {})
    if status == 401 and keys:
        status, headers, content = _post(url, body, {"Authorization": f"Bearer {keys[0]}"})
    if status != 200:
        raise WebserviceFailed(
            "Received bad response from service. More information can be found by calling `.get_logs()` on the "
            f"webservice object.\nResponse Code: {status}\nHeaders: {dict(headers)}\nContent: {content!r}",
            status_code=status,
        )
    try:
        return json.loads(content)
    except ValueError as error:
        raise WebserviceFailed(f"The service's answer is no JSON: {content!r}.", status_code=status) from error


def _post(url: str, body: str | bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
    content = body.encode() if isinstance(body, str) else body
    with urllib3.PoolManager() as pool:
        try:
            answered = pool.request(
                "POST",
                url,
                body=content,
                headers={"Content-Type": "application/json", **headers},
                retries=False,
                redirect=False,
                timeout=_PATIENCE,
            )
        except urllib3.exceptions.HTTPError as error:
            raise WebserviceFailed(f"The service at {url} does not answer: {error}.") from error
        return answered.status, answered.headers, answered.data
