import json

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
