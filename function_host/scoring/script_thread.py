"""The one thread that a scoring script lives on: init() first, then run() event by event, in order of arrival.

Scripts written for the scoring server were never called twice at the same time, so they need not be thread-safe;
and models that hold the interpreter lock answer more requests per second one by one than side by side.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

_LONGEST_HOLD = 0.002
"""Seconds that a finished outcome may wait for the others of its batch."""

_Call = tuple["asyncio.Future[Any]", Callable[[], Any]]
_Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]


class ScriptThread:
    """Runs calls one at a time; callers on one event loop await their outcome.

    Handing over costs far more than a call of a small model, because both threads want the interpreter lock. So all
    calls that one turn of the loop makes go over together, and their outcomes come back together.
    """

    def __init__(self, name: str) -> None:
        self._waiting: list[_Call] = []
        self._batches: queue.SimpleQueue[tuple[asyncio.AbstractEventLoop, Sequence[_Call]]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    async def submit(self, call: Callable[[], T]) -> T:
        """Run `call` on the thread; raises what it raised."""
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()
        self._waiting.append((outcome, call))
        if len(self._waiting) == 1:
            loop.call_soon(self._hand_over, loop)
        value, error = await outcome
        if error is not None:
            raise error
        result: T = value
        return result

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._thread.ident is None:
            self._thread.start()
        self._batches.put((loop, self._waiting))
        self._waiting = []

    def _work(self) -> None:
        while True:
            loop, batch = self._batches.get()
            outcomes: list[_Outcome] = []
            held_since = time.monotonic()
            for future, call in batch:
                outcomes.append(_run(future, call))
                if time.monotonic() - held_since > _LONGEST_HOLD:
                    _send(loop, outcomes)
                    outcomes, held_since = [], time.monotonic()
            _send(loop, outcomes)


def _run(future: "asyncio.Future[Any]", call: Callable[[], Any]) -> _Outcome:
    try:
        return future, call(), None
    except BaseException as error:  # because the caller raises it again
        return future, None, error


def _send(loop: asyncio.AbstractEventLoop, outcomes: Sequence[_Outcome]) -> None:
    if outcomes and not loop.is_closed():
        loop.call_soon_threadsafe(_deliver, outcomes)


def _deliver(outcomes: Sequence[_Outcome]) -> None:
    for future, value, error in outcomes:
        if not future.done():
            # As a value: some exceptions, StopIteration among them, cannot be set on a future.
            future.set_result((value, error))
