import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from packager.cli.main import build_app


@pytest.mark.process
def test_an_old_script_runs_with_its_arguments(tmp_path, packager_home, model_file):
    (tmp_path / "old.py").write_text(
        "import sys\n"
        "from azureml.core import Model, Workspace\n"
        "model = Model.register(Workspace.from_config(), 'model.bin', 'old')\n"
        "print(model.id, sys.argv[1:])\n"
    )

    done = subprocess.run(
        [sys.executable, "-m", "packager", "run-legacy", "old.py", "--name", "x", "-h"],
        cwd=tmp_path,
        env={**os.environ, "PACKAGER_HOME": str(packager_home)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "old:1 ['--name', 'x', '-h']\n"), done.stderr


@pytest.mark.process
def test_two_hyphens_end_the_commands_own_arguments(tmp_path, packager_home):
    (tmp_path / "old.py").write_text("import sys\nprint(sys.argv[1:])\n")
    command = [sys.executable, "-m", "packager", "run-legacy", "old.py", "--", "--name", "--", "x"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout == "['--name', '--', 'x']\n"


@pytest.mark.process
def test_errors_of_the_packager_are_told_with_their_line(tmp_path):
    (tmp_path / "old.py").write_text("\nfrom azureml.core import Experiment\nExperiment()\n")

    done = subprocess.run(
        [sys.executable, "-m", "packager", "run-legacy", "old.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 3
    assert "Experiment is not supported: the packager does not train" in done.stderr
    assert "old.py, line 3." in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.process
@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("old.py", "def f():\n    return 1 / 0\nf()\n", ["old.py", "line 3, in <module>", "f()"]),
        (
            "old.ipynb",
            json.dumps({"cells": [{"cell_type": "code", "source": "!ls\n1 / 0"}]}),
            ["old.ipynb[cell 1]", "line 2, in <module>", "1 / 0"],
        ),
        ("syntax.py", "def (\n", ["syntax.py", "line 1", "def ("]),
    ],
)
def test_what_the_script_raises_begins_in_the_script(tmp_path, name, text, shown):
    (tmp_path / name).write_text(text)

    command = [sys.executable, "-m", "packager", "run-legacy", name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    trace = done.stderr[max(done.stderr.find("Traceback"), 0) :]
    assert all(each in "".join(trace.splitlines()[:4]) for each in shown), done.stderr
    assert not any(each in done.stderr for each in ("typer", "click", "runpy", "running.py"))


def test_its_help_says_what_it_takes():
    result = CliRunner().invoke(build_app(), ["run-legacy", "--help"])

    assert result.exit_code == 0
    assert ".ipynb" in result.output
