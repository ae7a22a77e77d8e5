"""The end of a process: what was registered for it is run, but threads that never come back are not waited for."""

# ruff: noqa: SLF001 because there is no public way to end like the interpreter, but without joining threads

import atexit
import logging
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable
from multiprocessing import process, util
from typing import NoReturn

_log = logging.getLogger("Host")

_LONGEST = 2.0
"""Seconds that handlers and child processes have for their own end."""


def leave(code: int, longest: float = _LONGEST) -> NoReturn:
    """End this process with that exit code; what of its end lasts longer than `longest` seconds is cut off."""
    watch = threading.Timer(longest, _cut, (code,))
    watch.daemon = True
    watch.start()
    _end_idle_pools()
    # Handlers of atexit, the joining of child processes among them: the interpreter itself would join threads first.
    atexit._run_exitfuncs()
    _go(code)


def begin_as_copy() -> None:
    """Right after a fork: forget what the other process has to do at its end, above all with its own children."""
    atexit._clear()
    process._children.clear()  # type: ignore[attr-defined]  # because only multiprocessing's own processes do this
    util._finalizer_registry.clear()  # type: ignore[attr-defined]  # because of the same
    util._run_after_forkers()  # type: ignore[attr-defined]  # because of the same
    atexit.register(util._exit_function)  # type: ignore[attr-defined]  # because of the same


def _end_idle_pools() -> None:
    """Processes of a pool wait for work until they are told; the interpreter tells them where it joins threads."""
    pools = sys.modules.get("concurrent.futures.process")
    end: Callable[[], None] | None = getattr(pools, "_python_exit", None)
    if end is not None:
        end()


def _cut(code: int) -> None:
    children = multiprocessing.active_children()
    _log.warning("The process ends although something still keeps it; %d child processes are ended.", len(children))
    for child in children:
        child.terminate()
    _go(code)


def _go(code: int) -> NoReturn:
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue  # Whoever read it has gone.
    os._exit(code)
