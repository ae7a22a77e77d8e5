from dataclasses import dataclass

import pytest

from infra import deploying as module
from infra.contract import AppImage, Manifest
from infra.errors import InvalidDeployment
from infra.platforms.memory import open_memory
from packager.model_package import ModelPackage


@dataclass(frozen=True, kw_only=True)
class Options:
    region: str = "here"


class Place:
    name = "place"
    platform = "memory"
    options = Options

    def render(self, spec):
        return [Manifest(kind="app", name=spec.name, body={"image": spec.image.reference, "at": spec.options.region})]

    def export(self, spec):
        return {"deploy.sh": "#!/bin/sh\necho\n", "below/app.json": spec.options.region}


@pytest.fixture(autouse=True)
def place(monkeypatch):
    monkeypatch.setattr(module, "target_named", lambda _: Place())
    monkeypatch.setattr(module, "platform_named", lambda _: open_memory)


def spec(reference="a:1", **more):
    return module.specify(AppImage(reference=reference), "place", name="d", **more)


def test_a_life():
    lines = []
    assert [each.action for each in module.plan(spec())] == ["create"]
    assert module.deployed(spec()) is None
    assert module.deploy(spec(), log=lines.append).image == "a:1"
    assert lines == ["create app/d"]
    assert [each.action for each in module.plan(spec())] == ["none"]
    assert [each.action for each in module.plan(spec(region="there"))] == ["update"]
    nothing = module.specify(None, "place", name="d")
    assert module.deployed(nothing) is not None
    assert list(module.deployment_logs(nothing)) == []
    assert module.undeploy(nothing) == ["app/d"]
    assert module.undeploy(nothing) == []


def test_files_are_written_and_scripts_can_be_run(tmp_path):
    module.render(spec(region="there"), tmp_path / "new")
    assert (tmp_path / "new" / "below" / "app.json").read_text() == "there"
    assert (tmp_path / "new" / "deploy.sh").stat().st_mode & 0o111


@pytest.mark.parametrize("call", [module.plan, module.deploy, module.render])
def test_something_must_be_deployed(call):
    with pytest.raises(InvalidDeployment, match="names no image"):
        call(module.specify(None, "place", name="d"))


def test_a_build_context_is_no_image():
    package = ModelPackage(workspace=None, location="/tmp/context")
    with pytest.raises(InvalidDeployment, match="is a build context"):
        module.specify(package, "place", name="d")


def test_images_are_read_by_name(monkeypatch):
    asked = []
    monkeypatch.setattr(module, "app_image", lambda name: asked.append(name) or AppImage(reference=name))
    assert module.specify("docker:a:1", "place", name="d").image.reference == "docker:a:1"
    assert asked == ["docker:a:1"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(InvalidDeployment, match=r"cannot be written to .*taken"):
        module.render(spec(), tmp_path / "taken")
