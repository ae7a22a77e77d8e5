"""The one thread that a scoring script lives on: init() first, then run() event by event, in order of arrival.

Scripts written for the scoring server were never called twice at the same time, so they need not be thread-safe;
and models that hold the interpreter lock answer more requests per second one by one than side by side.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from function_host.scoring.errors import ScoringTimeout
from function_host.scoring.script_signals import serve_script
from function_host.scoring.script_worker import Batches, Call, ScriptWorker

T = TypeVar("T")


class ScriptThread:
    """Runs calls one at a time; callers on one event loop await their outcome.

    Handing over costs far more than a call of a small model, because both threads want the interpreter lock. So all
    calls that one turn of the loop makes go over together, and their outcomes come back together.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._waiting: deque[Call] = deque()
        self._batches = Batches()
        self._worker: ScriptWorker | None = None
        self._limited = 0
        self._is_watched = False

    async def submit(self, call: Callable[[], T], limit: float = math.inf) -> T:
        """Run `call` on the thread; raises what it raised, and ScoringTimeout when it ran for `limit` seconds.

        A call that took too long has TimeoutError raised inside it. It may ignore that, as a call into a library
        does: after a second it goes on in vain, and another thread takes the next one.
        """
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()
        self._waiting.append(Call(future=outcome, work=call, limit=limit))
        if len(self._waiting) == 1:
            loop.call_soon(self._hand_over, loop)
        if limit != math.inf:
            self._watch(loop, limit)
        try:
            value, error = await outcome
        finally:
            if limit != math.inf:
                self._limited -= 1
        if error is not None:
            raise error
        result: T = value
        return result

    def _watch(self, loop: asyncio.AbstractEventLoop, limit: float) -> None:
        self._limited += 1
        if not self._is_watched:
            self._is_watched = True
            loop.call_later(limit, self._look, loop, limit)

    def _look(self, loop: asyncio.AbstractEventLoop, limit: float) -> None:
        """One timer for all calls: it looks at the one that runs, and comes again while there are any."""
        worker = self._worker
        call = worker.current if worker is not None else None
        due = call.begun + call.limit if call is not None else time.monotonic() + limit
        if worker is not None and call is not None and due <= time.monotonic():
            self._give_up(worker, call)
            due = time.monotonic() + limit
        self._is_watched = self._limited > 0
        if self._is_watched:
            loop.call_later(max(0.0, due - time.monotonic()), self._look, loop, limit)

    def _give_up(self, worker: ScriptWorker, call: Call) -> None:
        """Nothing happens when it has just come to its end."""
        left = worker.dismiss(call)
        if left is not None:
            if not call.future.done():
                call.future.set_result((None, ScoringTimeout(round(call.limit * 1000))))
            self._worker = ScriptWorker(self._name, self._batches, after=worker, first=left)
            self._worker.start()

    def _interrupt(self, error: BaseException) -> bool:
        return self._worker is not None and self._worker.interrupt(error)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._worker is None:
            serve_script(loop, self._interrupt)
            self._worker = ScriptWorker(self._name, self._batches)
            self._worker.start()
        self._batches.put((loop, self._waiting))
        self._waiting = deque()
