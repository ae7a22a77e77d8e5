import re
from pathlib import Path

import pytest

from packager.models.contract import ModelVersion
from packager.staging.host_id import render_host_id

BLOB: dict[str, dict[str, object]] = {"blob": {}}


def _model(name: str, version: int = 1) -> ModelVersion:
    return ModelVersion(name=name, version=version, path=Path("model"), sha256="0" * 64)


@pytest.mark.parametrize(
    ("names", "readable"),
    [
        (["diabetes"], "diabetes"),
        (["My__Model..v2"], "my-model-v2"),
        (["a", "b"], "a-b"),
        (["x" * 40], "x" * 23),
        (["x" * 22 + "-y"], "x" * 22),
        ([], "score"),
        (["__"], "package"),
    ],
)
def test_the_id_begins_with_the_models_names(names, readable):
    host_id = render_host_id([_model(name) for name in names], "folder/score.py", BLOB)
    assert re.fullmatch(f"{readable}-[0-9a-f]{{8}}", host_id)
    assert len(host_id) <= 32


def test_a_new_version_of_a_model_keeps_the_id():
    assert render_host_id([_model("m", 1)], "score.py", BLOB) == render_host_id([_model("m", 2)], "score.py", BLOB)


@pytest.mark.parametrize(
    "options",
    [{"input_path": "input/{blobname}.json"}, {"start_from": "now"}, {"connection": "Other"}, {"error_path": ""}],
)
def test_a_default_spelt_out_and_how_it_works_keep_the_id(options):
    assert render_host_id([_model("m")], "score.py", {"blob": options}) == render_host_id(
        [_model("m")], "score.py", BLOB
    )


def test_packages_that_differ_by_anything_but_versions_have_their_own():
    long = "x" * 40
    ids = [
        render_host_id([_model("model")], "score.py", BLOB),
        render_host_id([_model("model")], "other.py", BLOB),
        render_host_id([_model("model")], "score.py", {"blob": {"input_path": "incoming/{blobname}.json"}}),
        render_host_id([_model("model")], "score.py", {"blob": {"output_path": "answers/{blobname}.json"}}),
        render_host_id([_model("model")], "score.py", {"http": {}, **BLOB}),
        render_host_id([_model("model")], "score.py", {}),
        render_host_id([_model("a-b")], "score.py", BLOB),
        render_host_id([_model("a"), _model("b")], "score.py", BLOB),
        render_host_id([_model(f"{long}1")], "score.py", BLOB),
        render_host_id([_model(f"{long}2")], "score.py", BLOB),
    ]
    assert len(set(ids)) == len(ids)
