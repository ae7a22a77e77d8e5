"""The threads that run synchronous functions: always as many as were asked for, whoever never comes back."""

import asyncio
import logging
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

_log = logging.getLogger("Host.Threads")

_MOST = 32

_Answer = TypeVar("_Answer")


class FunctionThreads:
    """At most `count` calls at once, each on a thread of its own; the rest wait their turn.

    A thread cannot be stopped. One whose caller gave up goes on in vain, and a fresh one takes its place.
    """

    def __init__(self, count: int | None = None) -> None:
        # The number that Python itself takes when nobody says one.
        self.count = count or min(_MOST, (os.cpu_count() or 1) + 4)
        self._room = asyncio.Semaphore(self.count)
        self._free = [_thread() for _ in range(self.count)]
        self._lost: set[Future[Any]] = set()

    @property
    def lost(self) -> int:
        """How many threads go on in vain now."""
        return len(self._lost)

    async def run(self, call: Callable[[], _Answer]) -> _Answer:
        """What `call` returns; to be cancelled by a caller that does not want to wait for it any longer."""
        async with self._room:
            thread = self._free.pop()
            work = thread.submit(call)
            try:
                return await asyncio.wrap_future(work)
            finally:
                self._free.append(thread if work.done() else self._instead_of(thread, work))

    def close(self) -> None:
        """Let the threads end; those that still run are not waited for."""
        for thread in self._free:
            thread.shutdown(wait=False, cancel_futures=True)

    def _instead_of(self, thread: ThreadPoolExecutor, work: "Future[Any]") -> ThreadPoolExecutor:
        thread.shutdown(wait=False)
        self._lost.add(work)
        work.add_done_callback(self._lost.discard)
        _log.warning("Nobody waits any more for %d threads that still run a function.", self.lost)
        return _thread()


def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="function")
