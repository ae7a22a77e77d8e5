import hashlib
import json

import pytest

from packager.request import check_request
from packager.staging.context import stage
from packager.staging.labels import package_labels


@pytest.fixture
def staged(inference_config, model_file, tmp_path):
    request = check_request([model_file], inference_config, {"blob": {"input_path": "input/{blobname}.json"}})
    return stage(request, tmp_path / "out", lambda _: "a==1\n").folder


def test_an_image_tells_its_contract(staged):
    labels = package_labels(staged)

    assert json.loads(labels["functions-packager.triggers"]) == {"blob": {"input_path": "input/{blobname}.json"}}
    assert labels["functions-packager.lock"] == f"sha256:{hashlib.sha256(b'a==1' + bytes([10])).hexdigest()}"
    assert list(json.loads(labels["functions-packager.models"])) == ["model:1"]
    assert labels["functions-packager.entry-script"] == "score.py"
    assert labels["functions-packager.python"] == "3.11"
    assert labels["functions-packager.version"]
    assert labels["org.opencontainers.image.title"] == "model"
    assert labels["org.opencontainers.image.created"] == "2020-01-01T00:00:00Z"
    assert "functions-packager.schema" not in labels


def test_another_model_is_another_label(staged):
    before = package_labels(staged)["functions-packager.models"]
    (staged / "azureml-models/model/1.sha256").write_text("0  1/model.bin\n")

    assert package_labels(staged)["functions-packager.models"] != before


def test_a_description_of_the_service_is_the_schema(staged):
    (staged / "openapi.json").write_text("{}")

    assert package_labels(staged)["functions-packager.schema"] == f"sha256:{hashlib.sha256(b'{}').hexdigest()}"


def test_the_time_may_be_given(staged, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")

    assert package_labels(staged)["org.opencontainers.image.created"] == "1970-01-02T00:00:00Z"


def test_a_dockerfile_has_them_too(staged):
    text = (staged / "Dockerfile").read_text()

    assert 'LABEL org.opencontainers.image.base.name="python:3.11-slim"\n' in text
    assert 'LABEL functions-packager.triggers="{\\"blob\\"' in text


def test_a_folder_with_nothing_in_it_says_little(tmp_path):
    assert set(package_labels(tmp_path)) == {"org.opencontainers.image.created", "functions-packager.version"}
