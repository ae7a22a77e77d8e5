"""Several processes that serve one app at one port: forked once it is loaded, watched, replaced, and drained."""

import contextlib
import json
import logging
import os
import selectors
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import IO

from function_host.leaving import begin_as_copy, leave

_log = logging.getLogger("Host.Workers")

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_PAUSE = 1.0
"""Seconds before a worker that died is replaced."""

Report = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """What a forked process knows of the one that made it."""

    lifeline: int
    """A file descriptor that comes to its end when the maker is gone."""
    reports: int
    is_first: bool
    """Does it tell what is the same for all of them?"""

    def ready(self, report: Report) -> None:
        """Tell the maker that this process takes events."""
        os.write(self.reports, json.dumps(report).encode() + b"\n")


class Workers:
    """Makes `count` processes that do `work`, and keeps them running until SIGTERM or Ctrl-C.

    `work` gets its Worker and gives back an exit code; SIGTERM tells it to drain. It must not have been preceded by
    threads of ours: a fork copies only the one it is called on.
    """

    def __init__(
        self, count: int, work: Callable[[Worker], int], *, ended: Callable[[int], None] = lambda _: None
    ) -> None:
        """`ended` is told the process id of each one that has ended."""
        self._count = count
        self._told_ended = ended
        self._work = work
        self._running: dict[int, int] = {}
        """Process id -> a file descriptor that is readable when the process has ended.

        The end of its pipe would say less: processes that it made itself hold that one open.
        """
        self._reports: list[Report] = []
        self._watched = selectors.DefaultSelector()
        self._lifeline, self._held = os.pipe()
        self._code: int | None = None

    def run(self, ready: Callable[[Sequence[Report]], None]) -> int:
        """Returns the exit code when all have ended; `ready` is called once every process takes events."""
        for number in _SIGNALS:
            signal.signal(number, self._signalled)
        for _ in range(self._count):
            self._start(is_first=not self._running)
        told = False
        while self._running:
            for key, _ in self._watched.select():
                key.data()
            if not told and len(self._reports) >= self._count:
                told = True
                ready(self._reports)
        return self._code or 0

    def _start(self, *, is_first: bool = False) -> None:
        """A signal waits meanwhile: the new process must not take it for its maker's, nor miss it."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        if self._code is None:
            self._fork(is_first=is_first)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _fork(self, *, is_first: bool) -> None:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(self._held)
            os.close(reading)
            _be(self._work, Worker(lifeline=self._lifeline, reports=writing, is_first=is_first))
        os.close(writing)
        self._running[pid] = ended = os.pidfd_open(pid)
        self._watched.register(ended, selectors.EVENT_READ, partial(self._ended, pid))
        file = os.fdopen(reading, "rb")
        self._watched.register(file, selectors.EVENT_READ, partial(self._reported, file))

    def _reported(self, file: IO[bytes]) -> None:
        """One report is all a worker has to say."""
        line = file.readline()
        self._watched.unregister(file)
        file.close()
        if line:
            self._reports.append(json.loads(line))

    def _ended(self, pid: int) -> None:
        """A process that cannot even start ends the others; one that dies later is replaced."""
        ended = self._running.pop(pid)
        self._watched.unregister(ended)
        os.close(ended)
        if self._code is None:
            # What it left behind would wait for it for good, and keep the port.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGTERM)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        self._told_ended(pid)
        if self._code is None and len(self._reports) < self._count:
            self._stop(code if code > 0 else 128 - code)
        if self._code is None:
            _log.error("Worker %d ended (%s); another one takes its place.", pid, _cause(code))
            time.sleep(_PAUSE)
            self._start()

    def _signalled(self, number: int, _: FrameType | None) -> None:
        self._stop(0 if number == signal.SIGTERM else 128 + number)

    def _stop(self, code: int) -> None:
        self._code = code
        for pid in self._running:
            os.kill(pid, signal.SIGTERM)


def _be(work: Callable[[Worker], int], worker: Worker) -> None:
    """Live as that worker, and end without running what the maker wants run at its own end."""
    code = 1
    try:
        begin_as_copy()
        # A group of its own: Ctrl-C goes to the maker alone, which then tells its workers once.
        os.setpgid(0, 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        code = work(worker)
    except Exception:  # because nobody above could tell of it: a worker ends here
        _log.exception("A worker failed in an unforeseen way.")
    finally:
        leave(code)


def _cause(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
