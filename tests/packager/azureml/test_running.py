import json
import logging
import sys
from pathlib import Path

import pytest

from packager import InvalidModel, InvalidPackageRequest
from packager.azureml.running import run


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "old"
    made.mkdir()
    return made


def notebook(folder, *sources: str) -> Path:
    file = folder / "old.ipynb"
    file.write_text(json.dumps({"cells": [{"cell_type": "code", "source": each} for each in sources]}))
    return file


def test_a_script_runs_as_python_runs_it(folder, capsys):
    (folder / "beside.py").write_text("VALUE = 7\n")
    (folder / "old.py").write_text("import sys, beside\nif __name__ == '__main__': print(sys.argv[1:], beside.VALUE)\n")
    before = (sys.argv, sys.path[:], Path.cwd())

    run(folder / "old.py", ["--name", "x"])

    assert capsys.readouterr().out == "['--name', 'x'] 7\n"
    assert (sys.argv, sys.path[:], Path.cwd()) == before


def test_a_notebook_runs_in_its_folder(folder, capsys, caplog):
    file = notebook(
        folder,
        "%%writefile made.py\nx = 1\n",
        "%%writefile -a made.py\ny = 2\n",
        "!pip install azureml-sdk\nimport pathlib\ntext = pathlib.Path('made.py').read_text()",
        "display(text)",
    )
    before = Path.cwd()

    with caplog.at_level(logging.WARNING):
        run(file)

    assert capsys.readouterr().out == "x = 1\ny = 2\n\n"
    assert "old.ipynb, cell 3, line 1: left out: !pip install azureml-sdk" in caplog.text
    assert Path.cwd() == before


def test_errors_say_where(folder):
    (folder / "old.py").write_text("from packager import Model\nModel.register(None, 'none', 'm')\n")
    with pytest.raises(InvalidModel) as caught:
        run(folder / "old.py")
    assert caught.value.__notes__ == [f"Raised at {folder / 'old.py'}, line 2."]

    with pytest.raises(InvalidModel) as caught:
        run(notebook(folder, "from packager import Model", "\nModel.register(None, 'none', 'm')"))
    assert caught.value.__notes__ == [f"Raised at {folder / 'old.ipynb'}[cell 2], line 2."]


def test_other_errors_pass(folder):
    with pytest.raises(ZeroDivisionError):
        run(notebook(folder, "1 / 0"))


@pytest.mark.parametrize("name", ["none.py", "old.txt"])
def test_what_is_no_script(folder, name):
    (folder / "old.txt").write_text("")

    with pytest.raises(InvalidPackageRequest, match="is not a script"):
        run(folder / name)
