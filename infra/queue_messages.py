"""Send a message to a function over a storage queue and see its answer in the output queue, without taking it."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from infra.app_run import AppRun, RunningFunction
from infra.errors import InvalidRunRequest, RunTimedOut
from infra.executions import failure
from packager.waiting import waited_for
from triggers import Binding
from triggers.queue_account import open_queues
from triggers.queue_encoding import MessageEncoding
from triggers.queue_settings import read_queue_settings
from triggers.queue_store import QueueStore

_PAUSE = 0.02
_PEEKED = 32
_SETTING = "storage"


def ask(
    run: AppRun, function: RunningFunction, body: bytes, timeout: float, hopeless: Callable[[], bool]
) -> tuple[str, str, bytes]:
    """Where the message went, where its answer is, and the answer; that stays in its queue.

    The answer is the next message there, as storage queues do not tell whose answer one is. Raises
    InvalidRunRequest, InvocationFailed once nothing is to be hoped for, and RunTimedOut.
    """
    output = next((one for one in function.bindings if one.type.lower() == "queue" and one.option("queueName")), None)
    if output is None:
        raise InvalidRunRequest(f"Function {function.name} writes to no queue, so there is no answer to wait for.")
    return waited_for(_asked(run, function, output, body, (time.monotonic() + timeout, hopeless)))


def send(run: AppRun, function: RunningFunction, body: bytes) -> str:
    """Send a message and give back the queue's name."""

    async def sending() -> str:
        store = _store(run)
        try:
            return await _sent(run, store, function.trigger, body)
        finally:
            await store.close()

    return waited_for(sending())


async def _asked(
    run: AppRun, function: RunningFunction, output: Binding, body: bytes, until: tuple[float, Callable[[], bool]]
) -> tuple[str, str, bytes]:
    (deadline, hopeless), answers = until, output.option("queueName").lower()
    store = _store(run)
    try:
        known = {message.id for message in await store.peek(answers, _PEEKED)}
        if len(known) >= _PEEKED:
            raise InvalidRunRequest(
                f"Queue {answers!r} holds {_PEEKED} messages or more, and no answer can be seen behind them; empty it."
            )
        queue = await _sent(run, store, function.trigger, body)
        while time.monotonic() < deadline:
            for message in await store.peek(answers, _PEEKED):
                if message.id not in known:
                    return queue, f"{answers} {message.id}", _encoding(run.app).decode(message.text)
            if hopeless():
                raise failure(run, function)
            await asyncio.sleep(_PAUSE)
    finally:
        await store.close()
    raise RunTimedOut(
        f"No answer was in queue {answers!r} in time after a message was sent to {queue!r}; the reason may stand in "
        f"{run.log}, or the message in the queue {queue}-poison."
    )


async def _sent(run: AppRun, store: QueueStore, trigger: Binding, body: bytes) -> str:
    queue = trigger.option("queueName").lower()
    await store.make_queue(queue)
    await store.send(queue, _encoding(run.app).encode(body))
    return queue


def _store(run: AppRun) -> QueueStore:
    return open_queues({_SETTING: run.storage}, _SETTING, wanted_by="an event for a queue trigger")


def _encoding(app: Path) -> MessageEncoding:
    """As the host reads it from host.json."""
    try:
        section = json.loads((app / "host.json").read_text(encoding="utf-8"))["extensions"]["queues"]
    except (OSError, ValueError, KeyError, TypeError):
        section = {}
    known: Mapping[str, object] = section if isinstance(section, Mapping) else {}
    return read_queue_settings(known, {}).encoding
