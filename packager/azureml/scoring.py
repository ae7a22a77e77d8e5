"""What scoring scripts import of the retired packages, for a notebook that tries its script in its own process.

In a package the host has its own, which answer requests; these let the script be imported and called.
"""

import importlib
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from packager.errors import InvalidPackageRequest

Run = TypeVar("Run", bound=Callable[..., Any])


def rawhttp(function: Run) -> Run:
    """Nothing to do here: whoever calls run() hands over the request himself."""
    return function


class AMLRequest:
    """The request of a @rawhttp script: there for hints and isinstance(); only the host has requests."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Refused, with what to do instead."""
        raise InvalidPackageRequest(
            "AMLRequest cannot be made outside of a package. To try a @rawhttp script, give package() a sample_input, "
            "or run what it made with 'packager run'."
        )


class AMLResponse:
    """An answer with a status code and headers of its own."""

    def __init__(
        self,
        message: object,
        status_code: int,
        response_headers: Mapping[str, str] | None = None,
        json_str: bool = False,
        run_function_failed: bool = False,
    ) -> None:
        """`json_str` makes JSON of the message."""
        self.data = json.dumps(message) if json_str else message
        self.status_code = status_code
        self.headers = dict(response_headers or {})
        self.run_function_failed = run_function_failed

    @property
    def json(self) -> object:
        """The message, read as JSON; raises ValueError if it is not."""
        return json.loads(str(self.data))


class ModelDataCollector:
    """Collects nothing here: data is that of a running service."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Takes whatever the retired one took."""

    def collect(self, input_data: object, user_correlation_id: str = "") -> None:
        """Keeps nothing, as in a package where collecting is not switched on."""

    def add_correlations(self, input_data: Any, correlations: Mapping[str, str] | None) -> Any:
        """`input_data` as it is."""
        return input_data


def joblib_name(name: str) -> object:
    """What joblib, which scikit-learn once brought along, calls `name`; ModuleNotFoundError if it is not installed."""
    return getattr(importlib.import_module("joblib"), name)
