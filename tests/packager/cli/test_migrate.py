import json

import pytest
from typer.testing import CliRunner

from packager.cli.main import build_app


@pytest.fixture
def run():
    def run(*arguments: object, code: int = 0):
        result = CliRunner().invoke(build_app(), ["migrate", *map(str, arguments)])
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.fixture
def good(tmp_path):
    file = tmp_path / "good.py"
    file.write_text("from azureml.core import Model\nfor model in Model.list(ws):\n    model.get_sas_urls()\n")
    return file


def test_each_use_is_listed_with_its_line(run, good):
    lines = run(good).stdout.splitlines()

    assert lines[0] == f"{good}:1  azureml.core.Model  works as is"
    assert lines[1].startswith(f"{good}:2  azureml.core.model.Model.list  works as is: ")
    assert lines[2].startswith(f"{good}:3  azureml.core.model.Model.get_sas_urls  works with a change: ")
    assert lines[3].startswith("    path = model.download(")
    assert lines[4] == "1 file(s): 2 works as is, 1 works with a change."
    assert "packager run-legacy FILE" in lines[5]


def test_what_is_not_supported_decides_the_exit_code(run, good, tmp_path):
    (tmp_path / "bad.py").write_text("import azureml.widgets\n")

    report = json.loads(run(good, tmp_path / "bad.py", "--json", code=1).stdout)

    assert report["supported"] is False
    assert report["counts"]["not supported"] == 1
    assert report["findings"][-1]["file"] == str(tmp_path / "bad.py")


def test_nothing_to_say(run, tmp_path):
    (tmp_path / "a.py").write_text("")

    assert run(tmp_path).stdout == "1 file(s): no azureml in them.\n"
    assert "is neither a folder nor" in run(tmp_path / "none", code=3).stderr
