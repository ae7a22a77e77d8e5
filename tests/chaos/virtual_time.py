"""An event loop whose hours pass in no time: where everybody sleeps, its clock is moved to who wakes first."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class _Skipping(selectors.DefaultSelector):  # type: ignore[misc,valid-type]  # because its class is chosen at run time
    """Waits for nobody: it tells how long the loop would have slept."""

    def __init__(self, skip: Callable[[float], None]) -> None:
        super().__init__()
        self._skip = skip

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise RuntimeError("Nobody will ever wake up: there is no timer, and nothing real is waited for.")
        self._skip(max(timeout, 0.0))
        return super().select(0)


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """`moved` hears of every step, in seconds since the loop began."""

    def __init__(self, moved: Callable[[float], None]) -> None:
        self._now = 0.0
        self._moved = moved
        super().__init__(_Skipping(self._skip))

    def time(self) -> float:
        return self._now

    def _skip(self, seconds: float) -> None:
        if seconds:
            # A timer that is due at this very moment must not be missed by a rounding error.
            self._now += seconds + 1e-9
            self._moved(self._now)


def run_in_virtual_time(work: Coroutine[Any, Any, _Result], moved: Callable[[float], None]) -> _Result:
    """What the work gives or raises; it may use no threads and no sockets."""
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(moved)) as runner:
        return runner.run(work)
