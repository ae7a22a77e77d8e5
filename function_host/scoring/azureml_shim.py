"""What old scoring scripts import: served where azureml (or the scikit-learn of its day) is not installed."""

import importlib
import importlib.util
import sys
from types import ModuleType

from function_host.scoring.aml_http import AMLRequest, AMLResponse, rawhttp
from function_host.scoring.data_collector import ModelDataCollector
from function_host.scoring.model_path import ModelNotFoundException, get_model_path

_REQUEST_MODULES = (
    "azureml.contrib.services.aml_request",
    "azureml_inference_server_http.api.aml_request",
)
_RESPONSE_MODULES = (
    "azureml.contrib.services.aml_response",
    "azureml_inference_server_http.api.aml_response",
)


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
    for name in ("azureml.monitoring", "azureml.monitoring.modeldatacollector"):
        if not _is_installed(name):
            _module(name).ModelDataCollector = ModelDataCollector  # type: ignore[attr-defined]  # likewise
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
