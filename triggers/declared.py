"""What was declared on an app with azure.functions' decorators."""

import logging
from collections.abc import Sequence
from typing import Any

_NOISE = "Auth level is not applied"


def declared_functions(app: Any) -> Sequence[Any]:
    """`app.get_functions()`; may be asked only once, as azure.functions remembers the names it gave out.

    Without the warning that every app without HTTP functions gets, which nobody can do anything about.
    """
    root = logging.getLogger()
    root.addFilter(_is_news)
    try:
        found: Sequence[Any] = app.get_functions()
    finally:
        root.removeFilter(_is_news)
    return found


def _is_news(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(_NOISE)
