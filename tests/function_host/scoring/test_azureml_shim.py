import importlib
import sys

import pytest

from function_host.scoring import azureml_shim
from function_host.scoring.aml_http import AMLRequest, AMLResponse, rawhttp
from function_host.scoring.data_collector import ModelDataCollector


@pytest.mark.parametrize(
    ("module", "name", "served"),
    [
        ("azureml.contrib.services.aml_request", "AMLRequest", AMLRequest),
        ("azureml.contrib.services.aml_request", "rawhttp", rawhttp),
        ("azureml.contrib.services.aml_response", "AMLResponse", AMLResponse),
        ("azureml_inference_server_http.api.aml_request", "AMLRequest", AMLRequest),
        ("azureml_inference_server_http.api.aml_response", "AMLResponse", AMLResponse),
        ("azureml.monitoring", "ModelDataCollector", ModelDataCollector),
    ],
)
def test_the_imports_of_old_scripts_work(module, name, served):
    azureml_shim.install()
    assert getattr(importlib.import_module(module), name) is served


def test_old_ways_to_a_model_work():
    azureml_shim.install()
    import joblib as real
    from azureml.core import Model
    from azureml.core.model import Model as SameModel
    from sklearn.externals import joblib

    assert Model is SameModel
    assert joblib.load is real.load


def test_what_is_installed_is_left_alone(tmp_path, monkeypatch):
    package = tmp_path / "azureml" / "monitoring"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("class ModelDataCollector: pass")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == "azureml"]:
        monkeypatch.delitem(sys.modules, name)

    azureml_shim.install()

    module = importlib.import_module("azureml.monitoring")
    assert module.__file__ == str(package / "__init__.py")
    assert module.ModelDataCollector is not ModelDataCollector
