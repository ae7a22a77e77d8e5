import json

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


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(InvalidPackageRequest, match="cannot be read"):
        read_cells(tmp_path / "none.py")
    (tmp_path / "a.ipynb").write_text("[]")
    with pytest.raises(InvalidPackageRequest, match="not a notebook"):
        read_cells(tmp_path / "a.ipynb")
