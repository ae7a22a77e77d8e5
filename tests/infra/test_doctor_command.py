import json

import pytest
from typer.testing import CliRunner

from infra import deploying
from infra.doctor_command import describe_findings
from infra.doctor_finding import ok, warning
from packager.cli.main import build_app
from tests.support.deployments import ELSEWHERE, image

runner = CliRunner()


@pytest.fixture(autouse=True)
def _images(monkeypatch):
    monkeypatch.setattr(deploying, "app_image", lambda name: image(reference=name))


def said(*arguments, code):
    result = runner.invoke(build_app(), ["doctor", *arguments])
    assert result.exit_code == code, result.output
    return result.stdout


def test_all_is_well_without_a_name():
    text = said(ELSEWHERE, "--target", "app_service", code=0)
    assert "ERROR" not in text
    assert "The target 'app_service' takes it" in text


def test_an_error_ends_with_1():
    text = said(ELSEWHERE, "--target", "functions", "--setting", "TriggerConnectionString=folder:/x", code=1)
    assert "ERROR    storage" in text
    assert "-> Give a storage account." in text


def test_as_json():
    found = json.loads(said(ELSEWHERE, "-t", "functions", "-n", "app", "-s", "PORT=no", "--json", code=1))
    assert found[0] == {
        "level": "error", "check": "port", "message": "PORT is 'no', which is no port.",
        "fix": "Give a number from 1 to 65535.",
    }  # fmt: skip


def test_a_file_says_the_deployment(tmp_path):
    file = tmp_path / "d.toml"
    file.write_text('image = "a:1"\ntarget = "functions"\nname = "one"\n[settings]\nPORT = "no"\n')
    assert "PORT is 'no'" in said("--file", str(file), code=1)


def test_people_see_the_way_out_below():
    assert describe_findings([ok("a", "fine"), warning("b", "not so", "do it")]) == (
        "ok       a             fine\nwarning  b             not so\n                       -> do it"
    )
