import json

import pytest

from packager.request import check_request
from packager.staging.context import stage


@pytest.fixture
def staged(inference_config, tmp_path):
    def staged(triggers, sample_input=None, sample_output=None):
        request = check_request([], inference_config, triggers, samples=(sample_input, sample_output))
        return stage(request, tmp_path / "out").folder

    return staged


def test_samples_lie_beside_host_json_and_go_into_the_image(staged):
    folder = staged({"http": {}}, sample_input={"a": 1}, sample_output=b"\xff")

    assert (folder / "sample_input.json").read_bytes() == b'{"a": 1}'
    assert (folder / "sample_output.bin").read_bytes() == b"\xff"
    copied = next(line for line in (folder / "Dockerfile").read_text().splitlines() if "host.json" in line)
    assert copied.split()[-5:] == [
        "sample_input.json", "sample_output.bin", "openapi.json", "packager.json", "./",
    ]  # fmt: skip


def test_the_scripts_own_folder_is_not_touched(staged, source):
    folder = staged({"http": {}}, sample_input=[1])

    assert [path.name for path in (folder / "azureml-app").iterdir()] == ["score.py"]


@pytest.mark.parametrize(
    ("triggers", "paths"),
    [
        ({}, ["/", "/score", "/swagger.json"]),
        ({"http": {}, "blob": {}}, ["/api/score", "/api/swagger.json"]),
        ({"http": {"route": "items/{id:int}"}}, ["/api/items/{id}", "/api/swagger.json"]),
        ({"blob": {}}, []),
    ],
)
def test_the_api_is_described_by_the_sample(staged, triggers, paths):
    document = json.loads((staged(triggers, sample_input={"data": [1.5]}) / "openapi.json").read_text())

    assert list(document["paths"]) == paths
    assert document["components"]["schemas"]["ServiceInput"]["example"] == {"data": [1.5]}


def test_without_a_sample_there_is_nothing_to_tell(staged):
    folder = staged({"http": {}})

    assert not (folder / "openapi.json").exists()
    assert not list(folder.glob("sample_*"))


@pytest.mark.parametrize("told_by", ["decorators", "swagger2.json"])
def test_who_says_more_is_not_described_by_a_sample(staged, source, told_by):
    if told_by == "decorators":
        (source / "score.py").write_text(
            "import inference_schema.schema_decorators\ndef init(): ...\ndef run(data): ...\n"
        )
    else:
        (source / told_by).write_text("{}")

    assert not (staged({}, sample_input=[1]) / "openapi.json").exists()
