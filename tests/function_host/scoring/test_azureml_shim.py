import importlib

import pytest

from function_host.scoring import azureml_shim
from function_host.scoring.azureml_shim import AMLRequest, AMLResponse, is_raw_http, rawhttp


@pytest.mark.parametrize(
    ("module", "name", "served"),
    [
        ("azureml.contrib.services.aml_request", "AMLRequest", AMLRequest),
        ("azureml.contrib.services.aml_request", "rawhttp", rawhttp),
        ("azureml.contrib.services.aml_response", "AMLResponse", AMLResponse),
        ("azureml_inference_server_http.api.aml_request", "AMLRequest", AMLRequest),
        ("azureml_inference_server_http.api.aml_response", "AMLResponse", AMLResponse),
    ],
)
def test_the_imports_of_old_scripts_work(module, name, served):
    azureml_shim.install()
    assert getattr(importlib.import_module(module), name) is served


def test_only_decorated_functions_are_raw():
    def run(request):
        return request

    assert not is_raw_http(run)
    assert is_raw_http(rawhttp(run))
    assert rawhttp(run)(5) == 5


@pytest.mark.parametrize(
    ("response", "body", "content_type", "failed"),
    [
        (AMLResponse("hello", 404), b"hello", "text/html; charset=utf-8", False),
        (AMLResponse("hello", 503), b"hello", "text/html; charset=utf-8", True),
        (AMLResponse(b"\x00", 200), b"\x00", "text/html; charset=utf-8", False),
        (AMLResponse({"a": 1}, 201, json_str=True), b'{"a": 1}', "application/json", False),
        (AMLResponse(None, 200), b"{}", "application/json", False),
    ],
)
def test_a_response_has_the_body_and_type_the_scoring_server_gave(response, body, content_type, failed):
    assert response.get_data() == body
    assert response.content_type == content_type
    assert response.run_function_failed is failed


def test_a_header_value_with_commas_becomes_repeated_headers():
    assert AMLResponse("", 200, {"X-A": "1,2"}).headers.getlist("X-A") == ["1", "2"]


def test_old_ways_to_a_model_work():
    azureml_shim.install()
    import joblib as real
    from azureml.core import Model
    from azureml.core.model import Model as SameModel
    from sklearn.externals import joblib

    assert Model is SameModel
    assert joblib.load is real.load
