import json

import pytest
from typer.testing import CliRunner

from packager.cli.environments import register
from packager.cli.main import build_app


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "requirements.txt").write_text("numpy==1.26.4\n")
    app = build_app()
    if "environments" not in {group.name for group in app.registered_groups}:
        register(app)

    def run(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, ["environments", *arguments])
        assert result.exit_code == code, result.output
        return result.output

    return run


def test_what_is_registered_is_listed_and_shown(run):
    assert run("register", "e", "--requirements", "requirements.txt").startswith("e:1\n")
    run("register", "e", "--base-image", "a:1")

    assert run("list") == "e:2\n"
    assert "requirements: numpy==1.26.4" in run("show", "e:1")
    shown = json.loads(run("show", "e", "--json"))
    assert shown == {"name": "e", "version": "2", "python": "3.11", "base_image": "a:1", "requirements": []}
    assert json.loads(run("list", "--json")) == [shown]


def test_one_that_is_not_there_is_named(run):
    assert "no environment 'none'" in run("show", "none", code=3)


def test_two_files_exclude_each_other(run):
    assert "exclude each other" in run("register", "e", "--requirements", "a", "--conda-file", "b", code=2)
