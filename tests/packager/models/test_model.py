import json
import logging

import pytest

from packager import Environment, InferenceConfig, InvalidModel, InvalidPackageRequest, Model, ModelNotFound, package
from packager.errors import ModelChanged
from packager.models import LocalModelRegistry, MemoryModelRegistry, ResourceConfiguration


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


def test_the_retired_calls_positional_order(workspace, model_file, tmp_path):
    (tmp_path / "net").mkdir()
    for name in ("a", "b"):
        (tmp_path / "net" / name).write_text(name)
    given = (
        {"t": "1"}, {"p": "1"}, "a line", [("training", "d-1"), ("training", "d-2"), ("test", "d-3")],
        Model.Framework.SCIKITLEARN, "1.5", ["a"], {"data": [1]}, [2], ResourceConfiguration(1, 0.5, 0),
    )  # fmt: skip

    model = Model.register(workspace, tmp_path / "net", "m", *given)

    assert (model.tags, model.properties, model.description) == ({"t": "1"}, {"p": "1"}, "a line")
    assert model.datasets == {"training": ["d-1", "d-2"], "test": ["d-3"]}
    assert (model.model_framework, model.model_framework_version) == ("ScikitLearn", "1.5")
    assert [*model.model_version.files] == ["a"]
    assert (model.sample_input_dataset, model.sample_output_dataset) == ({"data": [1]}, [2])
    assert model.resource_configuration == ResourceConfiguration(1, 0.5, 0)
    assert model.created_by
    assert (model.run, model.unpack, model.parent_id, model.derived_model_ids) == (None, False, None, ())


def test_one_version_must_match_what_else_is_asked_for(workspace, model_file):
    Model.register(workspace, model_file, "m", tags={"a": "1"}, run_id="r")

    assert Model(workspace, "m", version=1, tags=["a"]).version == 1
    assert Model(workspace, "m", run_id="r").run_id == "r"
    for wanted in ({"version": 1, "tags": ["b"]}, {"run_id": "s"}, {"model_framework": "Onnx"}):
        with pytest.raises(ModelNotFound, match="No version of model 'm' has"):
            Model(workspace, "m", **wanted)
    with pytest.raises(InvalidModel, match="version should be an int"):
        Model(workspace, "m", version="1")


def test_a_workspace_may_be_a_folder_or_have_a_registry(workspace, model_file, tmp_path):
    class Workspace:
        model_registry = workspace

    assert Model.register(Workspace(), model_file, "m").workspace is workspace
    assert Model.register(str(tmp_path / "r"), model_file, "m").path.is_relative_to(tmp_path / "r")


def test_list_by_everything_else(workspace, model_file):
    Model.register(workspace, model_file, "a", model_framework="Onnx", datasets=[("train", "d")])
    Model.register(workspace, model_file, "a", run_id="r")

    assert [model.version for model in Model.list(workspace, model_framework="Onnx")] == [1]
    assert [model.version for model in Model.list(workspace, dataset_id="d")] == [1]
    assert [model.version for model in Model.list(workspace, run_id="r", page_count=1, expand=False)] == [2]


def test_download_takes_the_old_argument_too(model_file, tmp_path, caplog):
    model = Model.register(model_path=model_file, model_name="m")
    model.download(tmp_path / "t")

    with caplog.at_level(logging.WARNING):
        model.download(tmp_path / "t", exists_ok=True)
    assert "exists_ok is deprecated" in caplog.text


def test_tags_and_properties_are_changed(workspace, model_file):
    model = Model.register(workspace, model_file, "m", tags={"a": "1"}, properties={"p": "1"})

    model.add_tags({"b": 2})
    model.remove_tags(["a", "nowhere"])
    model.add_properties({"q": "2"})
    model.update_tags_properties(add_tags={"c": "3"}, remove_tags=["b"], add_properties={"p": "1"})

    assert (model.tags, model.properties) == ({"c": "3"}, {"p": "1", "q": "2"})
    assert Model(workspace, "m").serialize() == model.serialize()
    with pytest.raises(InvalidModel, match="'p' is '1' and cannot become '2'"):
        model.update_tags_properties(add_tags={"d": "4"}, add_properties={"p": "2"})
    with pytest.raises(InvalidModel, match="must be a list"):
        model.remove_tags("c")
    assert Model(workspace, "m").tags == {"c": "3"}


def test_update_replaces_what_is_given(workspace, model_file):
    model = Model.register(workspace, model_file, "m", tags={"a": "1"}, description="old", sample_input_dataset=[1])

    model.update(tags={"b": "2"})
    assert (model.tags, model.description) == ({"b": "2"}, "old")
    model.update(None, "", [2], [3], ResourceConfiguration(gpu=1))

    assert (model.tags, model.description) == ({"b": "2"}, "")
    assert (model.sample_input_dataset, model.sample_output_dataset) == ([2], [3])
    assert model.resource_configuration == ResourceConfiguration(gpu=1)


def test_datasets_are_added_once(workspace, model_file):
    model = Model.register(workspace, model_file, "m", datasets=[("training", "d")])

    model.add_dataset_references([("training", "d"), ("test", "e")])

    assert model.datasets == {"training": ["d"], "test": ["e"]}


def test_delete(workspace, model_file):
    model = Model.register(workspace, model_file, "m")
    model.delete()

    with pytest.raises(ModelNotFound):
        Model(workspace, "m")
    assert Model.register(workspace, model_file, "m").version == 2


def test_serialize_and_back(workspace, model_file):
    model = Model.register(workspace, model_file, "m", {"a": "1"}, datasets=[("training", "d")])

    again = Model.deserialize(workspace, json.loads(json.dumps(model.serialize())))

    assert again.serialize() == model.serialize()
    assert again.model_version == model.model_version


def test_print_configuration(workspace, model_file, capsys):
    Model.print_configuration([Model.register(workspace, model_file, "m"), "path"], "config", None, "local")

    assert capsys.readouterr().out.splitlines() == [
        "models: m:1, path", "inference_config: config", "deployment_config: None", "deployment_target: local",
    ]  # fmt: skip


@pytest.fixture
def config(source):
    return InferenceConfig("score.py", source_directory=source, environment=Environment("e"))


def test_package_makes_a_plain_web_service(workspace, model_file, config):
    made = Model.package(workspace, [Model.register(workspace, model_file, "m")], config, generate_dockerfile=True)

    assert made.generate_dockerfile
    assert made.workspace is workspace
    assert (made.context / "azureml-models/m/1/model.bin").read_bytes() == b"weights"


def test_package_names_the_image(workspace, config):
    with pytest.raises(InvalidPackageRequest, match="'team/m:7' makes no sense with generate_dockerfile"):
        Model.package(workspace, [], config, generate_dockerfile=True, image_name="team/m", image_label="7")
    with pytest.raises(InvalidPackageRequest, match="'package:7' makes no sense"):
        Model.package(workspace, [], config, generate_dockerfile=True, image_label="7")
    with pytest.raises(InvalidPackageRequest, match="needs an inference_config"):
        Model.package(workspace, [])


def test_a_model_that_was_changed_is_not_packaged(model_file, config, tmp_path):
    model = Model.register(LocalModelRegistry(tmp_path / "r"), model_file, "m")
    path = model.path
    path.chmod(0o644)
    path.write_bytes(b"other")

    with pytest.raises(ModelChanged, match=f"{path} should have the SHA-256 {model.sha256}, found"):
        package(None, [model], config, generate_dockerfile=True)
    with pytest.raises(ModelChanged):
        Model.get_model_path("m", _workspace=tmp_path / "r")
