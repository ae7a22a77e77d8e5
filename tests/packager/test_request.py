import pytest

from packager import Environment, InferenceConfig, InvalidEnvironment, InvalidModel, InvalidPackageRequest, Model
from packager.request import check_request, check_trigger, unregistered_model
from triggers.errors import InvalidOptions


def test_a_checked_order(inference_config, model_file, source):
    request = check_request([model_file], inference_config, {"http": {"auth_level": None}})

    assert request.source_directory == source
    assert request.entry_script == "score.py"
    assert [model.id for model in request.models] == ["model:1"]
    assert request.triggers == {"http": {}}
    assert not request.is_web_service
    assert check_request([], inference_config, {}).is_web_service


def test_later_changes_to_the_environment_do_not_matter(inference_config, environment):
    request = check_request([], inference_config, {})
    environment.environment_variables["A"] = "1"

    assert request.environment.environment_variables == {}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("blop", r"Invalid trigger 'blop', valid options are \[.*blob.*http.*\] \(did you mean 'blob'\?\)"),
        ("kafka", r"Invalid trigger 'kafka', valid options are"),
        (7, "Invalid trigger 7"),
    ],
)
def test_an_unknown_trigger_lists_the_valid_ones(name, words):
    with pytest.raises(InvalidPackageRequest, match=words):
        check_trigger(name, {})


def test_a_misspelt_option_lists_the_valid_ones():
    with pytest.raises(
        InvalidPackageRequest,
        match=r"Invalid option 'inputpath' for trigger blob \(did you mean 'input_path'\?\); .*output_path",
    ):
        check_trigger("blob", {"inputpath": "input/{name}"})


def test_what_an_option_refuses_keeps_its_cause():
    with pytest.raises(InvalidPackageRequest, match="'http' refuses its options: auth_level 'everyone'") as caught:
        check_trigger("http", {"auth_level": "everyone"})

    assert isinstance(caught.value.__cause__, InvalidOptions)


def test_a_bad_blob_path_is_refused():
    with pytest.raises(InvalidPackageRequest, match="blobname"):
        check_trigger("blob", {"input_path": "input/{blobname", "output_path": "output/{blobname}"})


def test_an_inference_config_needs_an_environment(source):
    with pytest.raises(
        InvalidPackageRequest,
        match=r"Error, model packaging requires an InferenceConfig containing an Environment object\.",
    ):
        check_request([], InferenceConfig("score.py", source_directory=source), {})
    with pytest.raises(InvalidPackageRequest, match=r"Error, model packaging requires an InferenceConfig"):
        check_request([], None, {})
    with pytest.raises(InvalidPackageRequest, match=r"must be an InferenceConfig, not 'score\.py'"):
        check_request([], "score.py", {})


def test_a_script_that_was_broken_since_is_refused(inference_config, source):
    (source / "triggers").mkdir()

    with pytest.raises(InvalidPackageRequest, match="triggers"):
        check_request([], inference_config, {})


@pytest.mark.parametrize("models", ["model.bin", None])
def test_models_must_be_a_list(inference_config, model_file, models):
    chosen = models or Model.register(model_path=model_file, model_name="m")

    with pytest.raises(InvalidPackageRequest, match="models must be a list"):
        check_request(chosen, inference_config, {})


def test_each_model_must_be_one(inference_config, tmp_path):
    with pytest.raises(InvalidPackageRequest, match="7 is neither a Model nor the path"):
        check_request([7], inference_config, {})
    with pytest.raises(InvalidModel, match="nowhere"):
        check_request([tmp_path / "nowhere"], inference_config, {})


def test_two_models_of_one_name_and_version_are_refused(inference_config, model_file, tmp_path):
    (tmp_path / "model.onnx").write_text("")

    with pytest.raises(InvalidPackageRequest, match="called 'model:1'"):
        check_request([model_file, tmp_path / "model.onnx"], inference_config, {})


@pytest.mark.parametrize(("file", "name"), [("my model.pkl", "my-model"), ("_.bin", "model"), ("été.bin", "t")])
def test_a_model_by_path_is_named_after_its_file(tmp_path, file, name):
    (tmp_path / file).write_text("")

    assert unregistered_model(tmp_path / file).id == f"{name}:1"
    assert unregistered_model(tmp_path / file, "chosen").id == "chosen:1"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"python_version": "3"}, "python_version '3'"),
        ({"environment_variables": {"A-B": "1"}}, "'A-B' is not a valid name"),
        ({"environment_variables": {"A": "1\n2"}}, "'A' must be one line"),
        ({"environment_variables": {"A": 1}}, "'A' must be one line"),
        ({"pip_packages": ["numpy 1"]}, "'numpy 1'"),
        ({"conda_packages": ["openmpi"]}, "'openmpi'"),
    ],
)
def test_a_bad_environment_is_refused_before_any_work(inference_config, environment, change, words):
    for name, value in change.items():
        owner = environment if hasattr(environment, name) else environment.python.conda_dependencies
        setattr(owner, name, value)

    with pytest.raises(InvalidEnvironment, match=words):
        check_request([], inference_config, {})


def test_the_base_image(inference_config, environment):
    environment.python_version = "3.12"
    assert check_request([], inference_config, {}).base_image == "python:3.12-slim"

    environment.docker.base_image = "mine:1"
    assert check_request([], inference_config, {}).base_image == "mine:1"
    assert check_request([], inference_config, {}, base_image="other:2").base_image == "other:2"
    with pytest.raises(InvalidPackageRequest, match="base_image 'a b'"):
        check_request([], inference_config, {}, base_image="a b")


def test_environments_may_be_shared(source):
    shared = Environment("shared")
    config = InferenceConfig("score.py", source_directory=source, environment=shared)

    assert check_request([], config, {}).environment is not shared
