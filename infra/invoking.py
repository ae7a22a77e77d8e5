"""Fire one event at a running app and wait for its answer."""

import http.client
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.app_run import AppRun, RunningFunction
from infra.errors import InvalidRunRequest, InvocationFailed, NotRunning, RunTimedOut
from infra.executions import failure
from infra.storage import open_storage
from triggers.contract import NO_HEADERS
from triggers.paths import BlobPath

_PAUSE = 0.01
_WEB_SERVICE = "/{*path}"
"""How the route of a plain web service ends, which scores at /score."""
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


Hopeless = Callable[[], bool]
"""Is there nothing to wait for any more?"""


def _never() -> bool:
    return False


def invoke(
    run: AppRun,
    body: bytes,
    *,
    trigger: str = "",
    function: str = "",
    timeout: float = 60.0,
    hopeless: Hopeless = _never,
) -> Answer:
    """Send `body` to the app's function of that name, or with that trigger.

    `http`, `blob`, `service_bus_queue`, `storage_queue`, `timer` or `event_grid`; by default the first that there is.
    A function of the last two writes no answer: it is empty, and there when the function has run. Raises
    InvalidRunRequest, NotRunning, InvocationFailed (also when `hopeless` says so) and, after `timeout` seconds,
    RunTimedOut.
    """
    wanted = "service_bus_queue" if trigger == "service_bus" else trigger
    if wanted and wanted not in _SENDERS:
        raise InvalidRunRequest(f"Cannot invoke by trigger {trigger!r}; the valid ones are {', '.join(_SENDERS)}.")
    for name in [wanted] if wanted else _SENDERS:
        binding_type, send = _SENDERS[name]
        for one in run.triggered_by(binding_type):
            if not function or one.name.lower() == function.lower():
                return send(run, one, body, timeout, hopeless)
    named = f" called {function!r}" if function else ""
    raise InvalidRunRequest(f"The app {run.app} has no function{named} with {_article(wanted)} trigger.")


def post(
    url: str, body: bytes | None, *, key: str = "", timeout: float = 60.0, headers: Mapping[str, str] = NO_HEADERS
) -> bytes:
    """POST `body` as JSON to a function's URL, or GET it without one.

    Raises NotRunning, InvocationFailed and RunTimedOut.
    """
    given = {"Content-Type": "application/json", **headers} | ({"x-functions-key": key} if key else {})
    request = urllib.request.Request(url, data=body, headers=given)  # noqa: S310 - checked below
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
    except (ConnectionError, http.client.HTTPException) as cause:
        raise InvocationFailed(f"{url} broke off before it had answered: {cause}") from cause


def _post(run: AppRun, function: RunningFunction, body: bytes, timeout: float, _hopeless: Hopeless) -> Answer:
    url = str(function.url)
    if url.endswith(_WEB_SERVICE):
        url = f"{url.removesuffix(_WEB_SERVICE)}/score"
    if "{" in url:
        raise InvalidRunRequest(f"{url} has route parameters; post to a full URL instead.")
    begun = time.monotonic()
    content = post(url, body, key=run.key_for(function), timeout=timeout)
    return Answer(function=function.name, sent_to=url, found_at=url, body=content, seconds=time.monotonic() - begun)


def _drop(run: AppRun, function: RunningFunction, body: bytes, timeout: float, hopeless: Hopeless) -> Answer:
    (container, name), (out_container, out_name) = _event_paths(function)
    storage = open_storage(run.storage)
    begun = time.monotonic()
    storage.put(container, name, body)
    content = _awaited(lambda: storage.get(out_container, out_name), begun + timeout, hopeless)
    if content is None and hopeless():
        raise failure(run, function)
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


def _send(run: AppRun, function: RunningFunction, body: bytes, timeout: float, hopeless: Hopeless) -> Answer:
    # An app without a queue needs no SDK for one.
    from infra.bus_messages import ask

    begun = time.monotonic()
    return _found(function, ask(run, function, body, timeout, hopeless), begun)


def _queue(run: AppRun, function: RunningFunction, body: bytes, timeout: float, hopeless: Hopeless) -> Answer:
    from infra.queue_messages import ask

    begun = time.monotonic()
    return _found(function, ask(run, function, body, timeout, hopeless), begun)


def _deliver(run: AppRun, function: RunningFunction, body: bytes, timeout: float, _hopeless: Hopeless) -> Answer:
    from infra.unanswered import deliver

    return deliver(run, function, body, timeout=timeout)


def _found(function: RunningFunction, found: tuple[str, str, bytes], begun: float) -> Answer:
    sent_to, found_at, content = found
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


def _awaited(look: Callable[[], bytes | None], deadline: float, hopeless: Hopeless) -> bytes | None:
    while (content := look()) is None and time.monotonic() < deadline and not hopeless():
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
    return f"a {trigger}" if trigger else "an HTTP, blob, queue, timer or Event Grid"


_SENDERS: Mapping[str, tuple[str, Callable[[AppRun, RunningFunction, bytes, float, Hopeless], Answer]]] = {
    "http": ("httpTrigger", _post),
    "blob": ("blobTrigger", _drop),
    "service_bus_queue": ("serviceBusTrigger", _send),
    "storage_queue": ("queueTrigger", _queue),
    "timer": ("timerTrigger", _deliver),
    "event_grid": ("eventGridTrigger", _deliver),
}
