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


def test_a_notebook_may_wait_at_the_top_and_set_variables(folder, capsys, monkeypatch):
    monkeypatch.setenv("OF_THE_NOTEBOOK", "")
    file = notebook(
        folder,
        "%env OF_THE_NOTEBOOK=a b\nasync def f(): return 7",
        "import os\nx = await f()",
        "print(x, os.environ['OF_THE_NOTEBOOK'])",
    )

    run(file)

    assert capsys.readouterr().out == "7 a b\n"


async def test_it_may_wait_also_where_a_loop_runs_already(folder, capsys):
    run(notebook(folder, "import asyncio", "print(await asyncio.sleep(0, 'waited'))"))

    assert capsys.readouterr().out == "waited\n"


def test_a_folder_that_is_not_changed_to_is_told(folder, caplog):
    with caplog.at_level(logging.WARNING):
        run(notebook(folder, "%cd data"))

    assert f"left out: %cd data (paths stay relative to {folder})" in caplog.text


def test_the_notebook_server_is_not_there(folder, capsys):
    run(notebook(folder, "try:\n    get_ipython()\nexcept NameError:\n    print('a script')"))
    assert capsys.readouterr().out == "a script\n"

    with pytest.raises(InvalidPackageRequest, match=r"\[cell 2\] calls get_ipython\(\)"):
        run(notebook(folder, "x = 1", "get_ipython().run_line_magic('matplotlib', 'inline')"))
    with pytest.raises(NameError, match="nothing"):
        run(notebook(folder, "nothing"))


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
