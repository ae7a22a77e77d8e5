"""For scripts that import Flask themselves: `flask.request`, `jsonify` and their like work inside run()."""

import contextlib
import functools
import sys
from contextlib import AbstractContextManager
from typing import Any

from function_host.scoring.raw_request import Arrival, raw_request


def flask_context(arrival: Arrival) -> AbstractContextManager[Any]:
    """Flask's request context for what arrived; nothing at all when the script has not imported Flask.

    The scoring server was a Flask application, so that run() was called inside of one.
    """
    if "flask" not in sys.modules:
        return contextlib.nullcontext()
    context: AbstractContextManager[Any] = _application().request_context(raw_request(arrival).environ)
    return context


@functools.cache
def _application() -> Any:
    return sys.modules["flask"].Flask("score")
