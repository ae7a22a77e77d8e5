import json
import os

import pytest

from packager import InvalidPackageRequest
from packager.notebook import read_cells


@pytest.fixture
def cells_of(tmp_path):
    def cells_of(*sources):
        file = tmp_path / "a.ipynb"
        file.write_text(json.dumps({"cells": [{"cell_type": "code", "source": source} for source in sources]}))
        return read_cells(file)

    return cells_of


def test_a_script_is_one_piece(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")

    assert [(cell.source, cell.number) for cell in read_cells(tmp_path / "a.py")] == [("x = 1\n", None)]


def test_commands_leave_empty_lines(cells_of):
    [cell] = cells_of("%matplotlib inline\nx = 7 % 2\nfiles = !ls\n!pip install a\nx?\ny = (x\n     % 2)")

    assert [line for line, _ in cell.magics] == [1, 3, 4, 5]
    assert cell.source == "\nx = 7 % 2\n\n\n\ny = (x\n     % 2)\n"


def test_written_files_keep_their_line_numbers(cells_of):
    [first, second] = cells_of("\n%%writefile 'a b.py'\nx = 1\n", "%%writefile -a c.py\ny = 1")

    assert (first.file, first.append, first.source) == ("a b.py", False, "\n\nx = 1\n")
    assert (second.file, second.append) == ("c.py", True)


def test_cells_in_other_languages_are_left_out(cells_of):
    [shell, timed, empty] = cells_of("%%bash\nls", "%%time\nx = 1", "")

    assert (shell.source, shell.magics) == ("", ((1, "%%bash"),))
    assert timed.source == "\nx = 1\n"
    assert empty.source == ""


def test_what_only_looks_like_a_command_stays(cells_of):
    text = 'text = """\n!pip install a\n%matplotlib inline\n"""\nassert (\n    a\n    != b\n    % c\n)\n'
    [alone, mixed] = cells_of(text, f"!ls\n{text}%time x\n")

    assert (alone.source, alone.magics) == (text, ())
    assert (mixed.source, mixed.magics) == (f"\n{text}\n", ((1, "!ls"), (11, "%time x")))


def test_commands_with_continuations_go_as_a_whole(cells_of):
    [cell] = cells_of("!pip install \\\n    azureml-sdk \\\n    numpy\nx = 1")

    assert cell.magics == ((1, "!pip install azureml-sdk numpy"),)
    assert cell.source == "\n\n\nx = 1\n"


def test_commands_in_blocks_leave_the_blocks(cells_of):
    [cell] = cells_of("if x:\n    %timeit f()\nelse:\n\t!ls 'it\ny = 1")

    assert cell.source == "if x:\n    pass\nelse:\n\tpass\ny = 1\n"
    assert [text for _, text in cell.magics] == ["%timeit f()", "!ls 'it"]


def test_commands_of_other_forms(cells_of):
    [cell] = cells_of("pip install a\na, b = !ls\nself.x = %who\n?print\n%%time\nx = 1")

    assert (cell.source, len(cell.magics)) == ("\n\n\n\n\nx = 1\n", 5)


def test_variables_are_set_where_the_notebook_sets_them(cells_of, monkeypatch):
    monkeypatch.setenv("OF_THE_NOTEBOOK", "before")
    [cell] = cells_of("import os\nold = os.environ['OF_THE_NOTEBOOK']\nif old:\n    %env OF_THE_NOTEBOOK=it's = me\n")

    exec(cell.source, names := {})

    assert (names["old"], os.environ["OF_THE_NOTEBOOK"], cell.magics) == ("before", "it's = me", ())


@pytest.mark.parametrize("command", ["%env A", "%env", "%env A={name}", "%env A=$name"])
def test_variables_that_nobody_fills_in_are_left_out(cells_of, command):
    [cell] = cells_of(command)

    assert (cell.source, cell.magics) == ("\n", ((1, command),))


@pytest.mark.parametrize("source", ["x = = 1\n", 'text = """\n!ls\n', "x = (\n", "await f()\n"])
def test_what_is_wrong_without_commands_stays_wrong(cells_of, source):
    [cell] = cells_of(source)

    assert cell.source.splitlines()[0] == source.splitlines()[0]


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(InvalidPackageRequest, match="cannot be read"):
        read_cells(tmp_path / "none.py")
    (tmp_path / "a.ipynb").write_text("[]")
    with pytest.raises(InvalidPackageRequest, match="not a notebook"):
        read_cells(tmp_path / "a.ipynb")
