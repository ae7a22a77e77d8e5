"""Lets a scoring script set signal handlers, as it could on the main thread of the old scoring server."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from types import FrameType
from typing import Any

_log = logging.getLogger("Scoring")

_STOPS = (signal.SIGTERM, signal.SIGINT)
_PATIENCE = 5.0
"""Seconds that the main thread has to answer; it never waits for the script."""
_set, _get = signal.signal, signal.getsignal

Interrupt = Callable[[BaseException], bool]
"""Raises the error inside the call that the script runs now; False when it runs none."""


@dataclass(slots=True, kw_only=True)
class _Process:
    """There is one main thread in it, and the script that was started last gets the signals."""

    loop: asyncio.AbstractEventLoop | None = None
    interrupt: Interrupt = lambda _: False


_process = _Process()


def serve_script(loop: asyncio.AbstractEventLoop, interrupt: Interrupt) -> None:
    """From now on signal.signal() works on every thread while `loop` runs on the main one.

    Handlers run on the main thread, between two steps of the loop; what they raise is raised in the script.
    """
    if threading.current_thread() is threading.main_thread():
        _process.loop, _process.interrupt = loop, interrupt
        signal.signal = _set_anywhere
        signal.getsignal = _get_original


class _Guarded:
    """A script's handler that raises nothing on the main thread, where it would stop the host."""

    def __init__(self, handler: Callable[[int, FrameType | None], Any]) -> None:
        self.handler = handler
        self._is_busy = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        # Signals that come faster than they are handled would nest until the stack is full.
        if self._is_busy:
            return
        self._is_busy = True
        try:
            self._handle(number, frame)
        finally:
            self._is_busy = False

    def _handle(self, number: int, frame: FrameType | None) -> None:
        try:
            self.handler(number, frame)
        except BaseException as error:  # because the script's handlers often end the process, or a call
            try:
                is_told = number not in _STOPS and _process.interrupt(error)
            except Exception:  # because an error's class may refuse the subclass that interrupt() makes
                is_told = False
            if not is_told:
                _log.warning("The script's handler of signal %s raised %r; the host goes on.", number, error)


def _set_anywhere(signalnum: int, handler: Any) -> Any:
    """signal.signal(), for any thread."""
    loop = _process.loop
    if threading.current_thread() is threading.main_thread() or loop is None or not loop.is_running():
        return _original(_set(signalnum, handler))
    answer: Future[Any] = Future()
    loop.call_soon_threadsafe(_set_for_script, signalnum, handler, answer)
    try:
        return answer.result(_PATIENCE)
    except TimeoutError as error:
        raise ValueError(
            f"signal.signal({signalnum}) was not done: the main thread has been busy for {_PATIENCE:.0f} s."
        ) from error


def _set_for_script(number: int, handler: Any, answer: "Future[Any]") -> None:
    try:
        answer.set_result(_keep_stopping(number, handler) if number in _STOPS else _set_guarded(number, handler))
    except (OSError, TypeError, ValueError) as error:
        answer.set_exception(error)


def _keep_stopping(number: int, handler: Any) -> Any:
    """The host's own handlers, those of its loop, are told whatever is set here, but by none that leaves it out."""
    if callable(handler):
        return _set_guarded(number, handler)
    _log.warning("The script's signal.signal(%s, %s) is left out: the host stops by it.", number, handler)
    return _get_original(number)


def _set_guarded(number: int, handler: Any) -> Any:
    plain = not callable(handler) or handler is signal.default_int_handler
    return _original(_set(number, handler if plain else _Guarded(handler)))


def _get_original(signalnum: int) -> Any:
    """signal.getsignal(): what the script has set, not what stands around it."""
    return _original(_get(signalnum))


def _original(handler: Any) -> Any:
    return handler.handler if isinstance(handler, _Guarded) else handler
