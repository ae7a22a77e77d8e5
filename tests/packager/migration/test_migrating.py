import json

import pytest

from packager import InvalidPackageRequest, migrate


@pytest.fixture
def notebook(tmp_path):
    file = tmp_path / "code" / "train.ipynb"
    file.parent.mkdir()
    cells = [
        {"cell_type": "markdown", "source": "from azureml.core import Run"},
        {"cell_type": "code", "source": ["!pip install azureml-sdk\n", "from azureml.core import Model\n"]},
        {
            "cell_type": "code",
            "source": "%%writefile score.py\nfrom azureml.contrib.services.aml_request import rawhttp",
        },
        {"cell_type": "code", "source": "\nModel.profile(ws)"},
    ]
    file.write_text(json.dumps({"cells": cells, "nbformat": 4}))
    return file


def test_a_notebook_is_read_cell_by_cell(notebook):
    report = migrate([notebook])

    assert [(finding.cell, finding.line, finding.name.rpartition(".")[2]) for finding in report.findings] == [
        (1, 1, "!pip install azureml-sdk"),
        (1, 2, "Model"),
        (2, 2, "rawhttp"),
        (3, 2, "profile"),
    ]
    assert not report.supported


def test_folders_are_looked_through(notebook, tmp_path):
    (tmp_path / "a.py").write_text("import azureml.core\n")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "b.py").write_text("import azureml.core\n")

    report = migrate(tmp_path)

    assert report.files == [str(tmp_path / "a.py"), str(notebook)]
    assert migrate([tmp_path / "a.py", tmp_path / "a.py"]).supported


def test_broken_files_are_findings(tmp_path):
    (tmp_path / "a.py").write_text("import azureml.core\nprint 'two'\n")
    (tmp_path / "b.ipynb").write_text("{}")
    (tmp_path / "c.py").write_bytes(b"\xff\xfe")

    report = migrate(tmp_path)

    assert [finding.verdict for finding in report.findings] == ["not supported"] * 3
    assert report.findings[0].line == 2
    assert "not a notebook" in report.findings[1].note
    assert "UTF-8" in report.findings[2].note


@pytest.mark.parametrize("name", ["none.py", "a.txt"])
def test_paths_that_are_no_code(tmp_path, name):
    (tmp_path / "a.txt").write_text("")

    with pytest.raises(InvalidPackageRequest, match="neither a folder nor"):
        migrate(tmp_path / name)
