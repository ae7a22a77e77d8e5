import json
import os
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from infra import app_run, cli
from infra.errors import InvalidRunRequest, NotRunning
from tests.support import runs


def packager(*arguments: str, stdin: bytes | None = None) -> Result:
    root = typer.Typer()
    cli.register(root)
    return CliRunner().invoke(root, arguments, input=stdin)


def test_invoke_needs_an_event(tmp_path: Path) -> None:
    result = packager("invoke", str(tmp_path))

    assert result.exit_code == 2
    assert "--data" in result.output


def test_invoke_takes_one_event_only(tmp_path: Path) -> None:
    assert packager("invoke", str(tmp_path), "--data", "1", "--file", "-").exit_code == 2


@pytest.mark.parametrize("where", [[], ["app", "--url", "http://127.0.0.1:1/"]])
def test_invoke_needs_one_place(where: list[str]) -> None:
    assert packager("invoke", *where, "--data", "1").exit_code == 2


def test_invoke_refuses_an_unreadable_file(tmp_path: Path) -> None:
    result = packager("invoke", str(tmp_path), "--file", str(tmp_path / "none.json"))

    assert result.exit_code == 2
    assert "Cannot read" in result.output


def test_invoke_of_an_app_that_does_not_run(tmp_path: Path) -> None:
    result = packager("invoke", str(tmp_path / "app"), "--data", "1")

    assert isinstance(result.exception, NotRunning)
    assert result.exception.exit_code == 6


def test_invoke_finds_the_running_app(tmp_path: Path) -> None:
    (tmp_path / "storage").mkdir()
    app_run.save(runs.app_run(tmp_path, runs.blob_function(output=""), pid=os.getpid()), tmp_path)

    result = packager("invoke", "--data-dir", str(tmp_path), "--file", "-", stdin=b"[1]")

    assert isinstance(result.exception, InvalidRunRequest)
    assert "score_blob writes no blob" in str(result.exception)


def test_run_of_a_folder_that_is_no_app(tmp_path: Path) -> None:
    assert isinstance(packager("run", str(tmp_path)).exception, InvalidRunRequest)


@pytest.mark.parametrize(("text", "value"), [("[1.5]", [1.5]), ("plain", "plain")])
def test_answers_are_shown_as_json_where_they_are(capsys: pytest.CaptureFixture[str], text: str, value: object) -> None:
    cli._show(text.encode(), {"sent_to": "here"}, as_json=True)

    assert json.loads(capsys.readouterr().out) == {"sent_to": "here", "answer": value}
