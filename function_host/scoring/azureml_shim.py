"""What old scoring scripts import: served where azureml (or the scikit-learn of its day) is not installed."""

import functools
import importlib
import importlib.util
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

from werkzeug.wrappers import Request, Response

from function_host.scoring.model_path import ModelNotFoundException, get_model_path

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
        """`json_str` sends `message` as JSON; an iterator gives the body piece by piece.

        A header value with commas becomes one header per part.
        """
        body, content_type = _body(message, json_str=json_str)
        super().__init__(body, status=status_code, content_type=content_type)
        for name, values in (response_headers or {}).items():
            for value in str(values).split(","):
                self.headers.add(name, value.strip())
        self.run_function_failed = run_function_failed or status_code >= 500


def _body(message: object, *, json_str: bool) -> tuple[Any, str]:
    if isinstance(message, Iterator) and not json_str:
        return message, "application/octet-stream"
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


class Model:
    """What scripts use of `azureml.core.model.Model`: the way to a packaged model."""

    get_model_path = staticmethod(get_model_path)


def install() -> None:
    """Make the imports of old scripts work.

    Request and response are always ours, as the real packages' own would not reach this host; everything else
    only where the real package is missing.
    """
    for name in _REQUEST_MODULES:
        module = _module(name)
        module.AMLRequest = AMLRequest  # type: ignore[attr-defined]  # because the module is made here
        module.rawhttp = rawhttp  # type: ignore[attr-defined]  # because the module is made here
    for name in _RESPONSE_MODULES:
        _module(name).AMLResponse = AMLResponse  # type: ignore[attr-defined]  # because the module is made here

    if not _is_installed("azureml.core"):
        _module("azureml.core").Model = Model  # type: ignore[attr-defined]  # because the module is made here
        model = _module("azureml.core.model")
        model.Model = Model  # type: ignore[attr-defined]  # because the module is made here
        model.ModelNotFoundException = ModelNotFoundException  # type: ignore[attr-defined]  # likewise
    if _is_installed("joblib") and _is_installed("sklearn"):
        # Gone since scikit-learn 0.23. Neither package is imported before the script asks for it.
        alias = sys.modules.setdefault("sklearn.externals.joblib", ModuleType("sklearn.externals.joblib"))
        alias.__getattr__ = lambda name: getattr(importlib.import_module("joblib"), name)  # type: ignore[method-assign]  # a module's own, see PEP 562


def _is_installed(name: str) -> bool:
    try:
        return name in sys.modules or importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


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
