"""Let a command that is told to end put away what it began, as Ctrl-C does."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class Ended(KeyboardInterrupt):
    """A signal asked for the end of this process."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number
        """What shells say of a process that this signal ended."""


@contextmanager
def end_as_interrupted() -> Iterator[None]:
    """Raise Ended in this block when SIGTERM or SIGHUP comes, once; those that somebody else takes are left alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    taken = [number for number in _SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    owner = os.getpid()

    def end(number: int, _: object) -> None:
        if os.getpid() != owner:
            # A fork of this process has nothing to put away.
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        for each in taken:
            # Whoever asks twice does not keep us from putting things away.
            signal.signal(each, _pass)
        raise Ended(number)

    try:
        for number in taken:
            signal.signal(number, end)
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _pass(*_: object) -> None:
    """Unlike SIG_IGN, nothing that a process hands on to those it starts."""
