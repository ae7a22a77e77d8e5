import json

import pytest
from typer.testing import CliRunner

from infra import deploying
from infra.contract import AppImage, Secret
from infra.platforms.memory import open_memory
from packager.cli.main import build_app
from tests.infra.test_deploying import Place

runner = CliRunner()


@pytest.fixture(autouse=True)
def specs(monkeypatch):
    made = []
    monkeypatch.setattr(deploying, "target_named", lambda _: Place())
    monkeypatch.setattr(
        deploying, "platform_named", lambda _: lambda spec, **rest: made.append(spec) or open_memory(spec, **rest)
    )
    monkeypatch.setattr(deploying, "app_image", lambda name: AppImage(reference=name))
    return made


def said(*arguments, code=0):
    result = runner.invoke(build_app(), ["deploy", *arguments])
    assert result.exit_code == code, result.output
    return result.stdout


def test_a_life_by_commands(specs):
    where = ("--target", "place", "--name", "life")
    assert "+ app/life" in said("plan", "a:1", *where)
    assert said("status", *where, code=1) == ""
    assert "state      running" in said("apply", "a:1", *where)
    assert json.loads(said("status", *where, "--json"))["image"] == ""
    assert said("logs", *where) == ""
    assert "Nothing would change." in said("plan", "a:1", *where)
    assert json.loads(said("plan", "a:2", *where, "--json")) == [
        {"action": "update", "address": "app/life", "details": []}
    ]
    assert said("delete", *where, "--yes") == "deleted app/life\n"
    assert said("delete", *where, "--yes") == "Nothing was there.\n"


def test_flags_say_more_than_the_file(specs, tmp_path):
    file = tmp_path / "d.toml"
    file.write_text(
        'image = "a:1"\ntarget = "place"\nname = "f"\n[settings]\nA = "1"\nB = "2"\n[options]\nregion = "x"\n'
        '[size]\nmemory = "1Gi"\ncpu = 2.0\n[registry]\nserver = "r"\nusername = "you"\n'
    )
    said("plan", "-f", str(file), "-s", "B=3=4", "--secret", "C", "--secret", "D=E", "--cpu", "0.5", "--tag", "team=ml",
         "--max-replicas", "4", "--registry-user", "me", "--registry-password", "PW", "-o", "region=y")  # fmt: skip
    (spec,) = specs
    assert spec.settings == {"A": "1", "B": "3=4", "C": Secret(variable="C"), "D": Secret(variable="E")}
    assert (spec.size.memory, spec.size.cpu, spec.scale.max_replicas) == (1 << 30, 0.5, 4)
    login = spec.registry
    assert (login.server, login.username, login.password) == ("r", "me", Secret(variable="PW"))
    assert spec.tags == {"team": "ml"}
    assert spec.options.region == "y"


def test_files_are_printed_or_written(tmp_path):
    where = ("a:1", "--target", "place", "--name", "r")
    assert "# deploy.sh\n#!/bin/sh" in said("render", *where)
    said("render", *where, "--output", str(tmp_path))
    assert (tmp_path / "deploy.sh").is_file()


def test_what_is_missing_is_told():
    assert said("plan", "a:1", "--name", "x", code=3) == ""
    assert said("plan", "a:1", "--target", "place", "-n", "x", "-s", "novalue", code=2) == ""
    assert said("delete", "--target", "place", "-n", "x", code=2) == ""


def test_to_look_and_to_delete_no_image_is_read(specs, tmp_path, monkeypatch):
    monkeypatch.setattr(deploying, "app_image", lambda name: pytest.fail(f"{name} was read"))
    file = tmp_path / "d.toml"
    file.write_text('image = "gone:1"\ntarget = "place"\nname = "l"\n')
    said("status", "-f", str(file), code=1)
    said("logs", "-f", str(file))
    assert said("delete", "-f", str(file), "--yes") == "Nothing was there.\n"
