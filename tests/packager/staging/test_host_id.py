from pathlib import Path

import pytest

from packager.models.contract import ModelVersion
from packager.staging.host_id import render_host_id


def _model(name: str, version: int = 1) -> ModelVersion:
    return ModelVersion(name=name, version=version, path=Path("model"), sha256="0" * 64)


@pytest.mark.parametrize(
    ("names", "host_id"),
    [
        (["diabetes"], "diabetes"),
        (["My_Model.v2"], "my-model-v2"),
        (["a", "b"], "a-b"),
        (["x" * 40], "x" * 32),
        ([], "score"),
        (["__"], "package"),
    ],
)
def test_the_id_is_made_of_the_models_names(names, host_id):
    assert render_host_id([_model(name) for name in names], "folder/score.py") == host_id


def test_a_new_version_of_a_model_keeps_the_id():
    assert render_host_id([_model("m", 1)], "score.py") == render_host_id([_model("m", 2)], "score.py")
