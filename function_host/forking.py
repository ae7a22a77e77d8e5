"""Processes that a script forks are its own: a signal for one of them is not a signal for the host."""

import os
import signal
import threading

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_before = threading.local()


def let_forks_go() -> None:
    """From now on a forked process takes signals as any other does; call it once handlers of the loop are set.

    It would share the socket by which the loop is told of signals, so that what ends it would also stop the host.
    """
    os.register_at_fork(before=_hold, after_in_parent=_release, after_in_child=_let_go)


def _hold() -> None:
    """A signal may come before the new process has let go."""
    _before.mask = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)


def _release() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, _before.mask)


def _let_go() -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _release()
