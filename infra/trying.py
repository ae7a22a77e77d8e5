"""Send a sample to every function of a running app, each by its own trigger, and wait for what it does."""

import http.client
import json
import time
from collections.abc import Sequence

from infra.app_run import AppRun, RunningFunction
from infra.errors import InfraError, InvalidRunRequest, NotRunning
from infra.executions import Executions
from infra.invoking import Answer, invoke, post
from infra.proof_end import Life
from infra.unanswered import deliver
from packager.proof import ANSWERED, FAILED, UNTRIED, Tried
from triggers.errors import TriggerError
from triggers.registry import adapters

WEB_SERVICE = "web_service"
_NO_SAMPLE = (
    "There is no sample: give one (sample_input=... when packaging), or put a file sample_input.json beside the script."
)
_WARM_UP = "warmuptrigger"
_GONE = "Nobody could be asked any more: the host's process had ended."
_PATIENCE = 1.0
"""Seconds from the last that is heard of a process to its end, if it is about to end."""
_IN_THE_LOG = "; the reason may stand in "
_ANSWERS_BY = {"blobtrigger": "blob", "queuetrigger": "queue", "servicebustrigger": "servicebus"}
"""What a scoring script's answer goes to, by its trigger."""


def tried_functions(run: AppRun, sample: bytes | None, triggers: Sequence[str], timeout: float) -> tuple[Tried, ...]:
    """How each function did; without a sample the one that the script's decorators have is sent.

    Raises InvalidRunRequest for a trigger that no function of the app has.
    """
    known = {trigger_name(one) for one in run.functions} - {""}
    if unknown := set(triggers) - known:
        raise InvalidRunRequest(
            f"No function of {run.app} has the trigger {', '.join(sorted(unknown))}; there are "
            f"{', '.join(sorted(known))}."
        )
    broken = tuple(
        Tried(function=name, trigger="", state=FAILED, problem=reason) for name, reason in sorted(run.failures.items())
    )
    wanted = [one for one in run.functions if trigger_name(one) and (not triggers or trigger_name(one) in triggers)]
    life = Life(run)
    body = sample if sample is not None else _example(run, wanted)
    return (*broken, *(_tried(run, one, body, timeout, life) for one in wanted))


def trigger_name(function: RunningFunction) -> str:
    """As people write it; the type for those that are not known, and nothing for what is no event."""
    kind = function.trigger.type.lower()
    if kind == _WARM_UP:
        return ""
    if function.name == WEB_SERVICE and str(function.url).endswith("/{*path}"):
        return WEB_SERVICE
    names = {adapter.binding_type.lower(): name for name, adapter in adapters().items()}
    return names.get(kind, function.trigger.type)


def _example(run: AppRun, functions: Sequence[RunningFunction]) -> bytes | None:
    """What the script's decorators say of run()'s input; the host knows once it has loaded the script."""
    for function in functions[:1]:
        try:
            known = json.loads(post(f"{run.url}/admin/functions/{function.name}", None, key=run.master_key))
        except (InfraError, ValueError):
            return None
        if isinstance(known, dict) and isinstance(known.get("test_data"), str):
            return str(known["test_data"]).encode()
    return None


def _tried(run: AppRun, function: RunningFunction, sample: bytes | None, timeout: float, life: Life) -> Tried:
    trigger, begun = trigger_name(function), time.monotonic()
    if life.is_over:
        return Tried(function=function.name, trigger=trigger, state=UNTRIED, problem=_GONE)
    is_read, is_tick = function.is_only_read, function.trigger.type.lower() == "timertrigger"
    if sample is None and not is_read and not is_tick:
        return Tried(function=function.name, trigger=trigger, state=UNTRIED, problem=_NO_SAMPLE)
    try:
        answer = _read(run, function, timeout) if is_read else _answer(run, function, sample or b"", timeout)
    except InvalidRunRequest as reason:
        return Tried(function=function.name, trigger=trigger, state=UNTRIED, problem=str(reason))
    except (InfraError, TriggerError) as failure:
        seconds = time.monotonic() - begun
        problem = life.sentence_of_end(_patience(failure)) or _said(failure)
        return Tried(function=function.name, trigger=trigger, state=FAILED, seconds=seconds, problem=problem)
    return Tried(
        function=function.name,
        trigger=trigger,
        state=ANSWERED,
        sent_to=answer.sent_to,
        found_at=answer.found_at,
        seconds=answer.seconds,
        answer=answer.body,
        is_comparable=not is_read and not is_tick,
    )


def _answer(run: AppRun, function: RunningFunction, sample: bytes, timeout: float) -> Answer:
    kind, trigger = function.trigger.type.lower(), trigger_name(function)
    output = _ANSWERS_BY.get(kind)
    outputs = {one.type.lower() for one in function.bindings if not one.is_trigger and one.direction.upper() == "OUT"}
    if kind != "httptrigger" and output not in outputs:
        return deliver(run, function, sample, timeout=timeout)
    executions = Executions(run, function)
    invoked = "http" if trigger == WEB_SERVICE else trigger
    return invoke(
        run, sample, trigger=invoked, function=function.name, timeout=timeout, hopeless=executions.have_failed
    )


def _read(run: AppRun, function: RunningFunction, timeout: float) -> Answer:
    url, begun = str(function.url), time.monotonic()
    if "{" in url:
        raise InvalidRunRequest(f"{url} has route parameters; nobody can tell which values it takes.")
    body = post(url, None, key=run.key_for(function), timeout=timeout)
    return Answer(function=function.name, sent_to=url, found_at=url, body=body, seconds=time.monotonic() - begun)


def _patience(failure: Exception) -> float:
    """Connections are gone a little before their process is."""
    lost = isinstance(failure.__cause__, ConnectionError | http.client.HTTPException)
    return _PATIENCE if lost or isinstance(failure, NotRunning) else 0.0


def _said(failure: Exception) -> str:
    """A sentence, without the place of a log that may be gone by then."""
    before, found, _ = str(failure).partition(_IN_THE_LOG)
    return f"{before.rstrip(' ,;')}." if found else before
