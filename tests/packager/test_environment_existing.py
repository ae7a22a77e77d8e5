import json

import pytest

from packager import Environment, InvalidEnvironment
from packager.environment_existing import existing_conda_environment


@pytest.fixture
def conda(tmp_path, monkeypatch):
    """A command `conda` that answers as it is told; gives the file that takes what it was asked."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def answer(text: str, code: int = 0):
        script = folder / "conda"
        script.write_text(
            f"#!/bin/sh\nprintf '%s ' \"$1 $2 $3\" > {tmp_path}/asked\ncat <<'E'\n{text}\nE\nexit {code}\n"
        )
        script.chmod(0o755)
        return tmp_path / "asked"

    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return answer


def test_the_environments_own_python_says_what_there_is(conda):
    packages = [["numpy", "1.26.4"], ["pip", "24.0"], ["setuptools", "70"]]
    asked = conda(json.dumps({"python": "3.11.9", "packages": packages}))

    environment = Environment.from_existing_conda_environment("e", "mine")

    assert asked.read_text().split() == ["run", "--name", "mine"]
    assert environment.python_version == "3.11"
    assert environment.python.conda_dependencies.pip_packages == ["numpy==1.26.4"]


def test_one_that_is_not_there_is_named(conda):
    conda("no such environment", code=1)

    with pytest.raises(InvalidEnvironment, match="The conda environment 'mine' cannot be read; 'conda env list'"):
        existing_conda_environment("mine")


def test_without_conda_there_is_another_way(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(InvalidEnvironment, match=r"no command 'conda'.*from_conda_specification"):
        existing_conda_environment("mine")
