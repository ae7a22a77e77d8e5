"""Whether a function of a running app has run since one began to look, from the host's own numbers."""

import time

from infra.app_run import AppRun, RunningFunction
from infra.errors import InvocationFailed, RunTimedOut
from infra.numbers import read_numbers

_PAUSE = 0.05


class Executions:
    """The executions of one function from now on."""

    def __init__(self, run: AppRun, function: RunningFunction) -> None:
        self._run = run
        self._function = function
        self._next = 0.0
        self._failed = False
        self._before = self._counts()

    def have_failed(self) -> bool:
        """Has one failed? The host is asked now and then only, so this may be called as often as one likes."""
        if not self._failed and time.monotonic() >= self._next:
            self._failed = self._counts()[1] > self._before[1]
            self._next = time.monotonic() + _PAUSE
        return self._failed

    def wait(self, timeout: float) -> None:
        """Return when one has succeeded; raises InvocationFailed when one fails first, and RunTimedOut."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            ended, failed = self._counts()
            if failed > self._before[1]:
                raise failure(self._run, self._function)
            if ended > self._before[0]:
                return
            time.sleep(_PAUSE)
        raise RunTimedOut(
            f"Function {self._function.name} did not run within {timeout:g} seconds; the reason may stand in "
            f"{self._run.log}."
        )

    def _counts(self) -> tuple[float, float]:
        numbers = read_numbers(self._run.url).get(self._function.name, {})
        return numbers.get("executions_total", 0.0), numbers.get("failed_executions_total", 0.0)


def failure(run: AppRun, function: RunningFunction) -> InvocationFailed:
    """The function ran and failed, and only the log knows why."""
    return InvocationFailed(f"Function {function.name} failed; the reason may stand in {run.log}.")
