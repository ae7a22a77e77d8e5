import pytest

from packager import InvalidModel, Model, ModelNotFound
from packager.models import MemoryModelRegistry


@pytest.fixture
def workspace() -> MemoryModelRegistry:
    return MemoryModelRegistry()


def test_register_by_keyword_without_a_workspace(model_file, packager_home):
    model = Model.register(model_path=str(model_file), model_name="diabetes", tags={"area": "health"})

    assert (model.name, model.version, model.id) == ("diabetes", 1, "diabetes:1")
    assert model.path.is_relative_to(packager_home)
    assert Model(name="diabetes").serialize() == model.serialize()


def test_register_as_the_retired_sdk_does(workspace, model_file):
    model = Model.register(
        workspace=workspace,
        model_path=model_file,
        model_name="diabetes",
        tags={"a": "1"},
        properties={"b": "2"},
        description="a line",
    )

    assert model.workspace is workspace
    assert (model.tags, model.properties, model.description) == ({"a": "1"}, {"b": "2"}, "a line")
    assert "diabetes:1" in repr(model)


def test_register_needs_a_path_and_a_name(workspace):
    with pytest.raises(InvalidModel, match="needs model_path= and model_name="):
        Model.register(workspace)


def test_find_by_name_version_id_and_tags(workspace, model_file):
    for stage in ("test", "live", "test"):
        Model.register(workspace, model_file, "m", tags={"stage": stage})

    assert Model(workspace, "m").version == 3
    assert Model(workspace, "m", version=1).version == 1
    assert Model(workspace, id="m:2").version == 2
    assert Model(workspace, "m", tags={"stage": "live"}).version == 2


def test_what_cannot_be_found_is_said(workspace, model_file):
    Model.register(workspace, model_file, "m")

    with pytest.raises(ModelNotFound, match="'live'"):
        Model(workspace, "m", tags={"stage": "live"})
    with pytest.raises(InvalidModel, match="'m' is not of the form"):
        Model(workspace, id="m")
    with pytest.raises(InvalidModel, match="needs a name="):
        Model(workspace)


def test_list_all_and_the_latest(workspace, model_file):
    for name in ("a", "a", "b"):
        Model.register(workspace, model_file, name, tags={"name": name})

    assert [model.id for model in Model.list(workspace)] == ["a:2", "a:1", "b:1"]
    assert [model.id for model in Model.list(workspace, latest=True)] == ["a:2", "b:1"]
    assert [model.id for model in Model.list(workspace, tags={"name": "b"})] == ["b:1"]


def test_the_path_of_a_packaged_model_comes_first(tmp_path, monkeypatch):
    for version in ("2", "10"):
        folder = tmp_path / "azureml-models" / "m" / version
        folder.mkdir(parents=True)
        (folder / "model.bin").write_text(version)
    monkeypatch.setenv("AML_APP_ROOT", str(tmp_path))

    assert Model.get_model_path("m") == str(tmp_path / "azureml-models/m/10/model.bin")
    assert Model.get_model_path("m", 2) == str(tmp_path / "azureml-models/m/2/model.bin")
    with pytest.raises(ModelNotFound, match="no version 3"):
        Model.get_model_path("m", version=3)


def test_a_packaged_version_must_hold_one_thing(tmp_path, monkeypatch):
    folder = tmp_path / "azureml-models" / "m" / "1"
    folder.mkdir(parents=True)
    monkeypatch.setenv("AML_APP_ROOT", str(tmp_path))

    with pytest.raises(ModelNotFound, match="exactly one file or folder"):
        Model.get_model_path("m")


def test_the_path_of_a_file_beside_the_script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m").write_text("beside")

    assert Model.get_model_path("m") == str(tmp_path / "m")


def test_the_path_in_the_registry(workspace, model_file):
    model = Model.register(model_path=model_file, model_name="m")
    Model.register(workspace, model_file, "other")

    assert Model.get_model_path("m") == str(model.path)
    assert Model.get_model_path("other", _workspace=workspace) == str(model_file)


@pytest.mark.parametrize("version", ["1", 1.0, True])
def test_a_version_is_an_int(version):
    with pytest.raises(InvalidModel, match="version should be an int"):
        Model.get_model_path("m", version)


@pytest.mark.parametrize("is_folder", [True, False])
def test_download(tmp_path, model_file, is_folder):
    if is_folder:
        (tmp_path / "net").mkdir()
        (tmp_path / "net" / "w.bin").write_bytes(b"1")
    model = Model.register(model_path=tmp_path / "net" if is_folder else model_file, model_name="m")

    path = model.download(tmp_path / "target")

    assert path == str(tmp_path / "target" / ("net" if is_folder else "model.bin"))
    with pytest.raises(InvalidModel, match="exist_ok=True"):
        model.download(tmp_path / "target")
    assert model.download(tmp_path / "target", exist_ok=True) == path
