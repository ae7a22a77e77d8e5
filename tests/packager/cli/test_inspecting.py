import json

import pytest
from typer.testing import CliRunner

from packager.cli.main import build_app
from packager.oci.layout import ImageLayout
from packager.oci.manifest import OCI_INDEX, Index, Platform
from packager.staging.labels import MODELS
from tests.packager.layered import installed, layered

RUNNER = CliRunner()


@pytest.fixture
def place(tmp_path, monkeypatch) -> str:
    monkeypatch.setenv("PACKAGER_CACHE", str(tmp_path / "cache"))
    layout = ImageLayout.create(tmp_path / "layout")
    layout.name(layered(layout, [installed("joblib", "1.6")], {MODELS: '{"diabetes:1":"sha256:1"}'}), "m:1")
    return f"oci:{layout.folder}"


def run(*arguments: str):
    return RUNNER.invoke(build_app(), arguments)


def test_inspect_for_people_and_for_programs(place):
    assert "Models:       diabetes:1 sha256:1" in run("inspect", place).output
    assert json.loads(run("inspect", place, "--json").stdout)["models"] == {"diabetes:1": "sha256:1"}


def test_what_is_no_image_is_an_error(tmp_path):
    done = run("inspect", f"oci:{tmp_path}")

    assert done.exit_code == 4
    assert "is no OCI image layout" in done.stderr


def test_sbom_on_stdout_and_in_files(place, tmp_path):
    printed = json.loads(run("sbom", place).stdout)
    done = run("sbom", place, "--output", str(tmp_path / "out"))

    assert [each["name"] for each in printed["components"]] == ["joblib"]
    assert json.loads((tmp_path / "out" / "sbom-linux-amd64.cdx.json").read_text()) == printed
    assert done.stdout == ""


def test_of_several_platforms_one_is_chosen(tmp_path, monkeypatch):
    monkeypatch.setenv("PACKAGER_CACHE", str(tmp_path / "cache"))
    layout = ImageLayout.create(tmp_path / "layout")
    images = [layered(layout, [{}], platform=Platform.of(each)) for each in ("linux/amd64", "linux/arm64")]
    layout.name(layout.add_bytes(Index(manifests=images).to_bytes(), OCI_INDEX), "m:1")

    asked = run("sbom", f"oci:{layout.folder}")
    given = run("sbom", f"oci:{layout.folder}", "--platform", "linux/arm64")

    assert asked.exit_code == 3
    assert "The image is for linux/amd64, linux/arm64; choose one" in asked.stderr
    assert json.loads(given.stdout)["metadata"]["properties"][0]["value"] == "linux/arm64"


def test_nothing_is_attached_outside_of_registries(place):
    done = run("sbom", place, "--attach")

    assert done.exit_code == 3
    assert "is in no registry" in done.stderr
