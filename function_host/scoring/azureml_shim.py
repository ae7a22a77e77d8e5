"""What scoring scripts import from azureml to see the request itself: served where azureml is not installed too."""

import functools
import importlib
import json
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from werkzeug.wrappers import Request, Response

_RAW = "_function_host_raw_http"

_REQUEST_MODULES = (
    "azureml.contrib.services.aml_request",
    "azureml_inference_server_http.api.aml_request",
)
_RESPONSE_MODULES = (
    "azureml.contrib.services.aml_response",
    "azureml_inference_server_http.api.aml_response",
)


class AMLRequest(Request):
    """The request of a @rawhttp script; has the interface of Flask's."""


class AMLResponse(Response):
    """An answer with a status code and headers of its own."""

    def __init__(
        self,
        message: object,
        status_code: int,
        response_headers: Mapping[str, str] | None = None,
        json_str: bool = False,
        run_function_failed: bool = False,
    ) -> None:
        """`json_str` sends `message` as JSON; a header value with commas becomes one header per part."""
        body, content_type = _body(message, json_str=json_str)
        super().__init__(body, status=status_code, content_type=content_type)
        for name, values in (response_headers or {}).items():
            for value in str(values).split(","):
                self.headers.add(name, value.strip())
        self.run_function_failed = run_function_failed or status_code >= 500


def _body(message: object, *, json_str: bool) -> tuple[Any, str]:
    if json_str or message is None or not isinstance(message, str | bytes):
        return json.dumps({} if message is None else message), "application/json"
    return message, "text/html; charset=utf-8"


def rawhttp(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark run() as one that takes the request itself rather than its text."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    setattr(run, _RAW, True)
    return run


def is_raw_http(run: Callable[..., Any]) -> bool:
    """Was `run` decorated with rawhttp?"""
    return getattr(run, _RAW, False)


def install() -> None:
    """Make the imports of request and response work; the real packages' own would not reach this host."""
    for name in _REQUEST_MODULES:
        module = _module(name)
        module.AMLRequest = AMLRequest  # type: ignore[attr-defined]  # because the module is made here
        module.rawhttp = rawhttp  # type: ignore[attr-defined]  # because the module is made here
    for name in _RESPONSE_MODULES:
        _module(name).AMLResponse = AMLResponse  # type: ignore[attr-defined]  # because the module is made here


def _module(name: str) -> ModuleType:
    """A fresh module called `name`, in its parent: the installed one, or an empty package if there is none."""
    module = sys.modules[name] = ModuleType(name)
    parent, _, child = name.rpartition(".")
    setattr(_package(parent), child, module)
    return module


def _package(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError:
        package = _module(name) if "." in name else sys.modules.setdefault(name, ModuleType(name))
        package.__path__ = []
        return package
