"""JSON files as people write them by hand: with a byte order mark, comments and trailing commas."""

import json
import re
from pathlib import Path

_STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_STRING_OR_LAST_COMMA = re.compile(r'"(?:\\.|[^"\\\n])*"|,(?=\s*[}\]])')
_NOT_NEWLINE = re.compile(r"[^\n]")


def read_json(path: Path, error: type[Exception]) -> dict[str, object]:
    """The object in `path`; raises `error` with file, line and column for what is no JSON object."""
    try:
        document = json.loads(_plain(path.read_text(encoding="utf-8-sig")))
    except OSError as cause:
        raise error(f"{path} cannot be read: {cause.strerror or cause}. Let this user read it.") from cause
    except (ValueError, RecursionError) as cause:
        raise error(f"{path} is not JSON: {cause}. Mend it there.") from cause
    if not isinstance(document, dict):
        raise error(f"{path} must hold a JSON object, not {type(document).__name__}.")
    return document


def _plain(text: str) -> str:
    """The same JSON with blanks for comments and trailing commas: errors still name the right line and column."""
    return _STRING_OR_LAST_COMMA.sub(_blank, _STRING_OR_COMMENT.sub(_blank, text))


def _blank(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith('"') else _NOT_NEWLINE.sub(" ", found[0])
