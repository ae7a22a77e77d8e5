import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from packager import BuildFailed, EngineUnavailable, InvalidEntryScript, PackagerError
from packager.cli.main import build_app, reported_errors
from triggers.errors import UnknownTrigger


def test_the_version_names_python():
    result = CliRunner().invoke(build_app(), ["--version"])

    assert result.exit_code == 0
    assert result.stdout.startswith("packager 0.")
    assert f"Python 3.{sys.version_info.minor}" in result.stdout


def test_help_lists_the_commands_and_shows_examples_first():
    result = CliRunner().invoke(build_app(), ["--help"])

    assert result.exit_code == 0
    assert result.stdout.index("packager run build/app") < result.stdout.index("--version")
    assert "package" in result.stdout
    assert "models" in result.stdout


def test_an_unknown_command_is_a_matter_of_usage():
    assert CliRunner().invoke(build_app(), ["pakage"]).exit_code == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PackagerError("x"), 1),
        (BuildFailed("x"), 4),
        (InvalidEntryScript("x"), 5),
        (EngineUnavailable("x"), 6),
        (UnknownTrigger("x"), 3),
        (KeyboardInterrupt(), 130),
    ],
)
def test_errors_become_exit_codes(error, code):
    with pytest.raises(typer.Exit) as caught, reported_errors():
        raise error

    assert caught.value.exit_code == code


def test_a_bug_stays_a_bug():
    with pytest.raises(ZeroDivisionError), reported_errors():
        raise ZeroDivisionError


@pytest.mark.process
def test_the_module_is_the_command():
    done = subprocess.run([sys.executable, "-m", "packager", "--version"], capture_output=True, text=True, check=True)

    assert done.stdout.startswith("packager 0.")
