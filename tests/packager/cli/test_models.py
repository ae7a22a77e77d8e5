import json
import os
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from packager.cli.main import build_app


@pytest.fixture
def run():
    def run(*arguments: str, code: int = 0):
        result = CliRunner().invoke(build_app(), ["models", *arguments])
        assert result.exit_code == code, result.output
        return result

    return run


def test_register_list_and_show(run, model_file):
    run("register", "m", str(model_file))
    second = run("register", "m", str(model_file), "--tag", "area=health", "--description", "good")

    assert second.stdout.startswith("m:2  ")
    assert [line.split()[0] for line in run("list").stdout.splitlines()] == ["m:2", "m:1"]
    assert "tags: {'area': 'health'}" in run("show", "m").stdout
    assert "version: 1" in run("show", "m:1").stdout


def test_json(run, model_file):
    registered = json.loads(run("register", "m", str(model_file), "--json").stdout)

    assert registered["id"] == "m:1"
    assert json.loads(run("show", "m", "--json").stdout) == registered
    assert json.loads(run("list", "--json").stdout) == [registered]


def test_an_empty_registry_says_where_it_looked(run, packager_home):
    result = run("list")

    assert result.stdout == ""
    assert str(packager_home / "models") in result.stderr


def test_errors(run, model_file):
    assert "no model 'm'" in run("show", "m", code=3).stderr
    assert "is not valid" in run("register", "a b", str(model_file), code=3).stderr
    assert "KEY=VALUE" in run("register", "m", str(model_file), "--tag", "area", code=2).stderr


def test_everything_can_be_said(run, tmp_path):
    for name in ("a", "b"):
        (tmp_path / "net" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "net" / name).write_text(name)
    (tmp_path / "in.json").write_text('{"data": [1]}')
    said = shlex.split(
        "--property p=1 --dataset training=d-1 --framework Onnx --framework-version 1.2 --child-path a --cpu 1.5 "
        "--memory-gb 2 --gpu 0"
    )

    model = json.loads(
        run("register", "m", str(tmp_path / "net"), *said, "--sample-input", str(tmp_path / "in.json"), "--json").stdout
    )

    assert [*model["files"]] == ["a"]
    assert (model["properties"], model["datasets"]) == ({"p": "1"}, [["training", "d-1"]])
    assert (model["framework"], model["frameworkVersion"]) == ("Onnx", "1.2")
    assert (model["sampleInputData"], model["sampleOutputData"]) == ({"data": [1]}, None)
    assert model["resourceRequirements"] == {"cpu": 1.5, "memoryInGB": 2.0, "gpu": 0}


def test_list_what_matches(run, model_file):
    for tag in ("stage=test", "stage=live", "draft=yes"):
        run("register", "m", str(model_file), "--tag", tag, "--framework", "Onnx", "--dataset", f"training={tag}")

    def listed(*arguments):
        return [line.split()[0] for line in run("list", *arguments).stdout.splitlines()]

    assert listed("--tag", "stage") == ["m:2", "m:1"]
    assert listed("--tag", "stage=test") == ["m:1"]
    assert listed("--latest") == ["m:3"]
    assert listed("--dataset", "draft=yes") == ["m:3"]
    assert listed("--framework", "Onnx", "--latest") == ["m:3"]
    assert "There are no such models in" in run("list", "--property", "p").stderr


def test_download(run, model_file, tmp_path):
    run("register", "m", str(model_file))

    assert run("download", "m", "--to", str(tmp_path / "out")).stdout == f"{tmp_path}/out/model.bin\n"
    assert "exist_ok=True" in run("download", "m:1", "--to", str(tmp_path / "out"), code=3).stderr
    again = run("download", "m:1", "--to", str(tmp_path / "out"), "--exist-ok", "--json")
    assert json.loads(again.stdout)["downloaded"] == f"{tmp_path}/out/model.bin"
    assert (tmp_path / "out/model.bin").read_bytes() == b"weights"


def test_update(run, model_file):
    run("register", "m", str(model_file), "--tag", "a=1", "--tag", "b=2")

    changes = shlex.split("--tag c=3 --remove-tag a --property p=1 --description better --dataset test=d --gpu 1")
    changed = json.loads(run("update", "m", *changes, "--json").stdout)

    assert changed == json.loads(run("show", "m:1", "--json").stdout)
    assert (changed["tags"], changed["properties"]) == ({"b": "2", "c": "3"}, {"p": "1"})
    assert (changed["description"], changed["datasets"]) == ("better", [["test", "d"]])
    assert changed["resourceRequirements"] == {"gpu": 1}
    assert "cannot become" in run("update", "m", "--property", "p=2", code=3).stderr
    assert "Say what to change" in run("update", "m", code=2).stderr


def test_delete(run, model_file):
    run("register", "m", str(model_file))

    assert "Say which version" in run("delete", "m", code=2).stderr
    assert run("delete", "m:1").stdout == "Deleted m:1\n"
    assert "no model 'm'" in run("delete", "m:1", code=3).stderr
    assert json.loads(run("list", "--json").stdout) == []


def test_another_registry(run, model_file, tmp_path):
    run("register", "m", str(model_file), "--registry", str(tmp_path / "r"))

    assert run("list").stdout == ""
    assert run("list", "--registry", str(tmp_path / "r")).stdout.startswith("m:1  ")
    assert "'ModelsConnectionString' is not set" in run("list", "--registry", "blob:models", code=6).stderr
    assert "cannot be written" in run("register", "m", str(model_file), "--registry", str(model_file), code=6).stderr


def test_a_changed_model_is_not_downloaded(run, model_file, tmp_path):
    stored = json.loads(run("register", "m", str(model_file), "--json").stdout)["path"]
    Path(stored).chmod(0o644)
    Path(stored).write_bytes(b"other")

    assert f"{stored} should have the SHA-256" in run("download", "m", "--to", str(tmp_path / "o"), code=3).stderr


def test_clean(run, model_file, packager_home):
    run("register", "m", str(model_file))
    left = packager_home / "models/m/.incoming-x"
    left.mkdir()
    os.utime(left, (0, 0))

    assert run("clean").stdout == "Removed 1 left-over files and folders\n"
    assert json.loads(run("clean", "--json").stdout) == {"removed": 0}
    assert not left.exists()
