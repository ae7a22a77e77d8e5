"""The part of a traceback that users can do something about: their own code, and what it called."""

from pathlib import Path
from types import TracebackType

import triggers

_OWN = tuple(f"{folder}/" for folder in (Path(__file__).parents[1], Path(triggers.__file__).parent))
_IMPORT_SYSTEM = "<frozen importlib"


def users_part(error: BaseException) -> BaseException:
    """`error` with a traceback that begins below the host's own frames; whole when the host itself failed."""
    frames = rest = error.__traceback__
    while frames is not None:
        if frames.tb_frame.f_code.co_filename.startswith(_OWN):
            rest = frames.tb_next
        frames = frames.tb_next
    rest = _without_imports(rest)
    if rest is None and not isinstance(error, SyntaxError):
        return error
    return error.with_traceback(rest)


def _without_imports(frames: TracebackType | None) -> TracebackType | None:
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith(_IMPORT_SYSTEM):
        frames = frames.tb_next
    return frames
