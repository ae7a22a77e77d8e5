"""What went wrong, for people, and as the exit code of the process: 3 app or configuration, 5 scoring script."""

import sys
import traceback
from collections.abc import Callable

from function_host.errors import AppLoadError, HostError
from function_host.scoring.errors import EntryScriptError
from function_host.telemetry.tracebacks import users_part
from triggers.errors import TriggerError

CONFIG = 3
SCRIPT = 5


def exit_code(work: Callable[[], int]) -> int:
    """Do `work` and give back its exit code, or the one of the error it raised, which is told."""
    try:
        return work()
    except EntryScriptError as error:
        return _tell(error, SCRIPT)
    except (HostError, TriggerError) as error:
        return _tell(error, CONFIG)


def _tell(error: BaseException, code: int) -> int:
    """The user's own traceback first, where user code raised, then one sentence."""
    if error.__cause__ is not None and isinstance(error, EntryScriptError | AppLoadError):
        traceback.print_exception(users_part(error.__cause__))
    print(error, file=sys.stderr)
    return code
