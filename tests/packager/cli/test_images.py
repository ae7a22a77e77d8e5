import json

import pytest
from typer.testing import CliRunner

from packager import ContainerImage
from packager.builders.memory import MemoryBuilder
from packager.cli.main import build_app

pytestmark = pytest.mark.filterwarnings("ignore:.*of InferenceConfig are old:DeprecationWarning")


def packager_images(*arguments: str, code: int = 0):
    result = CliRunner().invoke(build_app(), ["images", *arguments])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def images(source, monkeypatch, model_file):
    monkeypatch.chdir(source)
    config = ContainerImage.image_configuration("score.py", tags={"area": "health"}, description="d")
    return [ContainerImage.create(None, "old", [model_file], config, builder=MemoryBuilder()) for _ in range(2)]


def test_list_and_show(images):
    assert packager_images("list").stdout.splitlines() == ["old:2  old:2", "old:1  old:1"]
    assert packager_images("list", "other").stdout == ""
    assert packager_images("list", "--tag", "area=x").stdout == ""
    assert [each["id"] for each in json.loads(packager_images("list", "old", "--json").stdout)] == ["old:2", "old:1"]

    lines = packager_images("show", "old").stdout.splitlines()
    assert lines[0] == "old:2"
    assert "  tags: area=health" in lines
    assert json.loads(packager_images("show", "old:1", "--json").stdout)["version"] == 1


def test_tags_come_and_go(images):
    packager_images("update", "old:1", "--tag", "stage=live", "--remove-tag", "area")

    assert ContainerImage(None, id="old:1").tags == {"stage": "live"}
    assert "not of the form KEY=VALUE" in packager_images("update", "old", "--tag", "x", code=2).output


def test_delete_takes_one_version(images):
    assert "names no version" in packager_images("delete", "old", code=2).output
    packager_images("delete", "old:2")

    assert [image.id for image in ContainerImage.list(None)] == ["old:1"]
    assert "no container image" in packager_images("delete", "old:2", code=3).stderr


def test_create_needs_its_base_image(source, monkeypatch):
    monkeypatch.chdir(source)
    wanted = ["create", "new", "--entry-script", "score.py", "--base-image", "archive:/nowhere.tar"]

    assert "no archive of images" in packager_images(*wanted, code=4).stderr
    assert ContainerImage.list(None) == []
