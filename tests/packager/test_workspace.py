import json

import pytest

from packager import Environment, InvalidPackageRequest, Model, Workspace
from packager.models import MemoryModelRegistry


@pytest.fixture
def here(tmp_path, monkeypatch):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def test_without_a_file_it_is_the_registry_of_this_machine(here, packager_home, model_file):
    workspace = Workspace.from_config()
    model = Model.register(workspace, model_file, "m")
    Environment("e").register(workspace)

    assert workspace.name == "local"
    assert (packager_home / "models" / "m" / "1").is_dir()
    assert workspace.models["m"].id == model.id == Model(name="m").id
    assert workspace.environments["e"] == Environment.get(None, "e")


def test_a_config_is_found_above(here, tmp_path, model_file):
    Workspace("s", "g", "w", registry=tmp_path / "registry").write_config(here.parent)

    workspace = Workspace.from_config()
    Model.register(workspace, model_file, "m")
    Environment("e").register(workspace)

    assert (workspace.subscription_id, workspace.resource_group, workspace.workspace_name) == ("s", "g", "w")
    assert (tmp_path / "registry" / "m" / "1").is_dir()
    assert [*workspace.environments] == ["e"]
    assert Environment.list(None) == {}
    assert workspace.get_details()["registry"] == str(tmp_path / "registry")
    assert "'w'" in repr(workspace)


def test_a_config_of_the_retired_sdk(here):
    file = here / "ws.json"
    file.write_text('\ufeff{"subscription_id": "s", "resource_group": "g", "workspace_name": "w"}')

    assert Workspace.from_config(path=file, auth=object()).name == "w"


@pytest.mark.parametrize("text", ["[]", "{", "\udcff"])
def test_broken_configs(here, text):
    (here / "config.json").write_text(text, errors="surrogateescape")

    with pytest.raises(InvalidPackageRequest, match="not the file of a workspace"):
        Workspace.from_config()


def test_a_path_must_have_one(here):
    with pytest.raises(InvalidPackageRequest, match=r"no config\.json"):
        Workspace.from_config(here)


def test_other_ways_to_one():
    assert Workspace.get("w", subscription_id="s", resource_group="g").resource_group == "g"
    assert Workspace.create("w", location="westeurope", exist_ok=True).location == "westeurope"
    assert Workspace("s", "g", "w").get_details()["id"].endswith("/workspaces/w")


def test_a_registry_of_its_own(model_file, here):
    registry = MemoryModelRegistry()
    workspace = Workspace(registry=registry)
    Model.register(workspace, model_file, "m")

    assert workspace.model_registry is registry
    assert [*workspace.models] == ["m"]
    with pytest.raises(InvalidPackageRequest, match="cannot be written to a file"):
        workspace.write_config()


def test_what_it_does_not_have():
    workspace = Workspace()

    assert workspace.webservices == workspace.compute_targets == {}
    with pytest.raises(InvalidPackageRequest, match="no datastore"):
        workspace.get_default_datastore()
    with pytest.raises(InvalidPackageRequest, match="no key vault"):
        workspace.get_default_keyvault()


def test_the_file_is_written_where_it_is_looked_for(here):
    Workspace(workspace_name="w").write_config()

    assert json.loads((here / ".azureml" / "config.json").read_text()) == {"workspace_name": "w"}
