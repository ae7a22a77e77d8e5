"""The thread below a ScriptThread: runs calls batch by batch until it is dismissed."""

import asyncio
import contextlib
import ctypes
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

_LONGEST_HOLD = 0.002
"""Seconds that a finished outcome may wait for the others of its batch."""
_GRACE = 1.0
"""Seconds that a dismissed worker has to come to its end before the next one begins beside it."""


@dataclass(slots=True, kw_only=True, eq=False)
class Call:
    """One call of the script, and who waits for it."""

    future: "asyncio.Future[Any]"
    work: Callable[[], Any]
    limit: float
    """Seconds that it may run."""
    begun: float = 0.0
    """When it began, by the monotonic clock."""


Batch = tuple[asyncio.AbstractEventLoop, deque[Call]]
Batches = queue.SimpleQueue[Batch]
_Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]


class ScriptWorker(threading.Thread):
    """Takes the next call when the one before has ended, and never another one once it is dismissed."""

    def __init__(
        self, name: str, batches: Batches, *, after: "ScriptWorker | None" = None, first: Batch | None = None
    ) -> None:
        """`after` is the one whose place it takes, and `first` what that one has left."""
        super().__init__(name=name, daemon=True)
        self._batches = batches
        self._after, self._first = after, first
        # Signals arrive in the middle of whatever the main thread does, dismiss() too.
        self._lock = threading.RLock()
        self._is_dismissed = False
        self._batch = first
        self._done: list[_Outcome] = []
        self._held_since = 0.0
        self.current: Call | None = None
        """What it runs now."""

    def run(self) -> None:
        # Scripts that were written for a main thread find a loop there.
        own_loop = asyncio.new_event_loop()
        asyncio.set_event_loop(own_loop)
        # The error that dismiss() raises in here may arrive when the call has ended by itself.
        with contextlib.closing(own_loop), contextlib.suppress(TimeoutError):
            if self._after is not None:
                self._after.join(_GRACE)
                self._after = None
            if self._first is not None:
                self._work(self._first)
                self._first = None
            while not self._is_dismissed:
                self._work(self._batches.get())

    def dismiss(self, call: Call) -> Batch | None:
        """Make `call` its last: raises TimeoutError inside it, and gives back what is left of the batch.

        None when it does not run `call` any more.
        """
        with self._lock:
            if self.current is not call or self._batch is None:
                return None
            self._is_dismissed = True
            loop, left = self._batch
            _deliver(self._done)
            _raise_in(self.ident or 0, TimeoutError)
        return loop, left

    def interrupt(self, error: BaseException) -> bool:
        """Raise `error` inside the call that it runs now, which may catch it; False when it runs none."""
        with self._lock:
            if self.current is None:
                return False
            _raise_in(self.ident or 0, _class_of(error))
        return True

    def _work(self, batch: Batch) -> None:
        self._batch = batch
        self._held_since = time.monotonic()
        outcome = None
        while True:
            try:
                while call := self._next(batch, outcome):
                    outcome = _outcome(call)
            except BaseException as late:  # because interrupt() may raise it just when the call has ended
                if self._is_dismissed:
                    raise
                outcome = (self.current.future, None, late) if self.current is not None else outcome
            else:
                return

    def _next(self, batch: Batch, outcome: _Outcome | None) -> Call | None:
        loop, calls = batch
        with self._lock:
            self.current = None
            if self._is_dismissed:
                return None
            now = time.monotonic()
            if outcome is not None:
                self._done.append(outcome)
            if not calls or now - self._held_since > _LONGEST_HOLD:
                _send(loop, self._done)
                self._done, self._held_since = [], now
            if not calls:
                return None
            call = calls.popleft()
            call.begun = now
            self.current = call
            return call


def _outcome(call: Call) -> _Outcome:
    try:
        return call.future, call.work(), None
    except BaseException as error:  # because the caller raises it again
        return call.future, None, error


def _class_of(error: BaseException) -> type[BaseException]:
    """What the interpreter calls to get that very error: it takes classes alone."""
    return type(type(error).__name__, (type(error),), {"__new__": lambda _: error})


def _raise_in(thread: int, error: type[BaseException]) -> None:
    """The interpreter raises it there before the next line of Python; a call into a library ends first."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))


def _send(loop: asyncio.AbstractEventLoop, outcomes: Sequence[_Outcome]) -> None:
    if outcomes and not loop.is_closed():
        loop.call_soon_threadsafe(_deliver, outcomes)


def _deliver(outcomes: Sequence[_Outcome]) -> None:
    for future, value, error in outcomes:
        if not future.done():
            # As a value: some exceptions, StopIteration among them, cannot be set on a future.
            future.set_result((value, error))
