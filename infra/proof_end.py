"""Say plainly that an app's process is gone, with what, and who may have ended it."""

import json
import os
import signal
import time
from pathlib import Path

from infra.app_run import AppRun
from infra.errors import HostFailed
from infra.proof_report import TRACEBACK
from packager.staging.context import APP_FOLDER

_PAUSE = 0.02
_TELLING = range(2, 8)
"""Exit codes of a host that says why it ends."""
_OTHERWISE = "or it was killed, for want of memory say"


def has_ended(process: int) -> bool:
    """Is the process gone, or one whose end nobody has looked at yet?"""
    return not (fields := _status(process)) or fields[0] == "Z"


class Life:
    """Of an app's process, from now on; one that cannot be seen from here never ends."""

    def __init__(self, run: AppRun) -> None:
        self._run = run
        self._is_seen = not has_ended(run.pid)

    @property
    def is_over(self) -> bool:
        return self._is_seen and has_ended(self._run.pid)

    def sentence_of_end(self, patience: float = 0.0) -> str:
        """How the process ended, if it does so within `patience` seconds; empty when it does not."""
        deadline = time.monotonic() + patience
        while self._is_seen and not self.is_over and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        if not self.is_over:
            return ""
        return (
            f"The host's process ended{_with(_exit_code(self._run.pid))} while it was asked: "
            f"{entry_script(self._run.app)} ended it in run(), as os._exit() does, {_OTHERWISE}."
        )


def sentence_of_start(failure: HostFailed, app: Path) -> str:
    """Why the app did not start, as far as its host did not say so itself."""
    code = failure.returncode
    if TRACEBACK in failure.output or (code in _TELLING and failure.output.strip()):
        return f"The app did not start; its host ended{_with(code)}."
    return (
        f"The app did not start; its host's process ended{_with(code)} and did not say why: {entry_script(app)} ended "
        f"it while it was imported or in init(), as os._exit() does, {_OTHERWISE}."
    )


def entry_script(app: Path) -> str:
    """The path of the script of an app that the packager made; words for that of any other."""
    try:
        name = json.loads((app / "packager.json").read_text(encoding="utf-8"))["entryScript"]
    except (OSError, ValueError, KeyError, TypeError):
        return "the app's own code"
    return str(app / APP_FOLDER / str(name))


def _with(code: int | None) -> str:
    if code is None:
        return ""
    if code >= 0:
        return f" with exit code {code}"
    known = {number.value: number.name for number in signal.Signals}
    return f" by the signal {known.get(-code, -code)}"


def _exit_code(process: int) -> int | None:
    """Only of one whose end nobody has looked at; negative for the signal that ended it."""
    fields = _status(process)
    return os.waitstatus_to_exitcode(int(fields[-1])) if fields else None


def _status(process: int) -> list[str]:
    """What /proc tells, from the state on to the exit code; nothing of a process that is gone."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()
