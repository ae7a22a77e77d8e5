"""Fire one event at a running app and wait for its answer."""

import http.client
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from infra.app_run import AppRun, RunningFunction
from infra.errors import InvalidRunRequest, InvocationFailed, NotRunning, RunTimedOut
from infra.storage import open_storage
from triggers.paths import BlobPath

_PAUSE = 0.01
# A running app is reached directly: a proxy of the environment does not know this machine's loopback.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a function answered to one event."""

    function: str
    sent_to: str
    """The URL that was posted to, the place of the dropped blob, or the queue or topic."""
    found_at: str
    """The same URL, the place of the output blob, or the output queue and the answer's sequence number in it."""
    body: bytes
    seconds: float


def invoke(
    run: AppRun, body: bytes, *, trigger: str = "", function: str = "", timeout: float = 60.0
) -> Answer:  # fmt: skip
    """Send `body` to the app's function of that name, or with that trigger: `http`, `blob` or `service_bus_queue`.

    By default the first of them that there is. Raises InvalidRunRequest, NotRunning, InvocationFailed and, after
    `timeout` seconds, RunTimedOut.
    """
    senders = {
        "http": ("httpTrigger", _post),
        "blob": ("blobTrigger", _drop),
        "service_bus_queue": ("serviceBusTrigger", _send),
    }
    wanted = "service_bus_queue" if trigger == "service_bus" else trigger
    if wanted and wanted not in senders:
        raise InvalidRunRequest(f"Cannot invoke by trigger {trigger!r}; the valid ones are {', '.join(senders)}.")
    for name in [wanted] if wanted else senders:
        binding_type, send = senders[name]
        for one in run.triggered_by(binding_type):
            if not function or one.name.lower() == function.lower():
                return send(run, one, body, timeout)
    named = f" called {function!r}" if function else ""
    raise InvalidRunRequest(f"The app {run.app} has no function{named} with {_article(wanted)} trigger.")


def post(url: str, body: bytes, *, key: str = "", timeout: float = 60.0) -> bytes:
    """POST `body` as JSON to a function's URL; raises NotRunning, InvocationFailed and RunTimedOut."""
    headers = {"Content-Type": "application/json"} | ({"x-functions-key": key} if key else {})
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - checked below
    if not url.startswith(("http://", "https://")):
        raise InvalidRunRequest(f"{url!r} is no HTTP address; it should look like http://127.0.0.1:8080/api/score.")
    try:
        with _OPENER.open(request, timeout=timeout) as response:
            content: bytes = response.read()
            return content
    except urllib.error.HTTPError as cause:
        with cause:
            raise _refused(url, cause.code, cause.read()) from cause
    except http.client.InvalidURL as cause:
        raise InvalidRunRequest(f"{url!r} is no HTTP address: {cause}.") from cause
    except TimeoutError as cause:
        raise RunTimedOut(f"{url} did not answer within {timeout:g} seconds.") from cause
    except urllib.error.URLError as cause:
        if isinstance(cause.reason, TimeoutError):
            raise RunTimedOut(f"{url} did not answer within {timeout:g} seconds.") from cause
        raise NotRunning(f"Nothing answers at {url} ({cause.reason}); does the app run?") from cause


def _post(run: AppRun, function: RunningFunction, body: bytes, timeout: float) -> Answer:
    url = str(function.url)
    if "{" in url:
        raise InvalidRunRequest(f"{url} has route parameters; post to a full URL instead.")
    begun = time.monotonic()
    content = post(url, body, key=run.key if function.needs_key else "", timeout=timeout)
    return Answer(function=function.name, sent_to=url, found_at=url, body=content, seconds=time.monotonic() - begun)


def _drop(run: AppRun, function: RunningFunction, body: bytes, timeout: float) -> Answer:
    (container, name), (out_container, out_name) = _event_paths(function)
    storage = open_storage(run.storage)
    begun = time.monotonic()
    storage.put(container, name, body)
    content = _awaited(lambda: storage.get(out_container, out_name), begun + timeout)
    if content is None:
        raise RunTimedOut(
            f"Function {function.name} wrote no blob {out_container}/{out_name} within {timeout:g} seconds after "
            f"{container}/{name} was dropped; the reason may stand in {run.log}."
        )
    return Answer(
        function=function.name,
        sent_to=storage.place(f"{container}/{name}"),
        found_at=storage.place(f"{out_container}/{out_name}"),
        body=content,
        seconds=time.monotonic() - begun,
    )


def _send(run: AppRun, function: RunningFunction, body: bytes, timeout: float) -> Answer:
    # An app without a queue needs no SDK for one.
    from infra.bus_messages import ask

    begun = time.monotonic()
    sent_to, found_at, content = ask(run, function, body, timeout)
    return Answer(
        function=function.name, sent_to=sent_to, found_at=found_at, body=content, seconds=time.monotonic() - begun
    )


def _event_paths(function: RunningFunction) -> tuple[tuple[str, str], tuple[str, str]]:
    """A new blob's path and the path its answer will have."""
    if not function.output_path:
        raise InvalidRunRequest(f"Function {function.name} writes no blob, so there is no answer to wait for.")
    source = BlobPath.parse_trigger(function.trigger.option("path"))
    answer = BlobPath.parse(function.output_path)
    if unknown := set(answer.names) - set(source.names):
        raise InvalidRunRequest(
            f"Cannot tell where function {function.name} will put its answer: {answer.text!r} has "
            f"{', '.join(sorted(unknown))}, which {source.text!r} does not capture."
        )
    values = dict.fromkeys(source.names, f"invoke-{uuid.uuid4().hex[:12]}")
    return source.fill(values), answer.fill(values)


def _awaited(look: Callable[[], bytes | None], deadline: float) -> bytes | None:
    while (content := look()) is None and time.monotonic() < deadline:
        time.sleep(_PAUSE)
    return content


def _refused(url: str, status: int, content: bytes) -> NotRunning | InvocationFailed:
    said = content.decode(errors="replace").strip()
    if status in {401, 403}:
        return NotRunning(f"{url} refuses the function key (status {status}).")
    if status == 404:
        return NotRunning(f"There is no function at {url} (status 404).")
    return InvocationFailed(f"{url} answered with status {status}: {said}")


def _article(trigger: str) -> str:
    return f"a {trigger}" if trigger else "an HTTP, blob or Service Bus"
