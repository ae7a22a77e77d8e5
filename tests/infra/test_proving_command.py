import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from infra import app_run, cli
from infra.proving_command import table
from packager.proof import ANSWERED, FAILED, Tried
from tests.support import runs
from tests.support.fake_host import FakeHost


@pytest.fixture
def app(host: FakeHost, tmp_path: Path) -> Path:
    """An app that runs, so that asking it needs no host."""
    function = runs.function(runs.HTTP, url=f"{host.url}/score_http", bindings=[runs.HTTP["bindings"][0]])
    run = replace(runs.app_run(tmp_path, function, pid=os.getpid()), url=host.url)
    run.app.mkdir()
    run.log.write_text("Traceback (most recent call last):\nKeyError: 'x'\n")
    (tmp_path / "app.run").mkdir()
    app_run.save(run, tmp_path / "app.run")
    (tmp_path / "sample.json").write_text("[1]")
    return run.app


def packager_test(app: Path, *arguments: str) -> Result:
    root = typer.Typer()
    cli.register(root)
    return CliRunner().invoke(root, ["test", str(app), "--running", *arguments])


def test_a_table_of_answers(app: Path) -> None:
    result = packager_test(app, "--sample", str(app.parent / "sample.json"))

    assert result.exit_code == 0
    heading, line, measured = result.stdout.splitlines()
    assert heading.split() == ["trigger", "function", "state", "sent", "to", "found", "at", "seconds", "answer"]
    assert line.startswith("http     score_http  answered  http://")
    assert line.endswith('{"echo": [1]}')
    assert measured.startswith("Measured: an item 500.0 ms")


def test_the_same_as_json(app: Path) -> None:
    result = packager_test(app, "--sample", str(app.parent / "sample.json"), "--json")

    document = json.loads(result.stdout)
    assert document["succeeded"] is True
    assert document["tried"][0]["answer"] == '{"echo": [1]}'


def test_a_failure_begins_with_the_traceback_and_ends_with_5(app: Path, host: FakeHost) -> None:
    host.status = 500

    result = packager_test(app, "--sample", str(app.parent / "sample.json"))

    assert result.exit_code == 5
    assert result.stderr.startswith("Traceback (most recent call last):\nKeyError: 'x'\nscore_http (http): ")


def test_without_a_sample_it_ends_with_8(app: Path) -> None:
    result = packager_test(app)

    assert result.exit_code == 8
    assert "Warning: score_http (http) is not proved: There is no sample" in result.stderr


def test_an_app_that_cannot_be_tried_here_ends_with_6(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text("{}")
    (tmp_path / ".python_packages/lib/site-packages/function_host").mkdir(parents=True)
    (tmp_path / "requirements.lock").write_text("# Python 3.11 on linux/riscv64 with glibc 2.36\n")
    root = typer.Typer()
    cli.register(root)

    assert CliRunner().invoke(root, ["test", str(tmp_path)]).exit_code == 6


def test_columns_are_as_wide_as_what_stands_in_them() -> None:
    lines = table(
        [
            Tried(function="f", trigger="http", state=ANSWERED, sent_to="here", found_at="there", answer=b"a\nb"),
            Tried(function="longer", trigger="service_bus_queue", state=FAILED, problem="No answer."),
        ]
    ).splitlines()

    assert {line.index("f ") for line in lines[1:2]} == {lines[0].index("function")}
    assert lines[1].endswith("a b")
    assert lines[2].endswith("No answer.")
