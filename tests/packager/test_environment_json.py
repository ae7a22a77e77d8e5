import json

import pytest

from packager import ContainerRegistry, Environment, InvalidEnvironment


def full() -> Environment:
    environment = Environment("full", python_version="3.12", environment_variables={"A": "1"})
    environment.python.conda_dependencies.add_pip_package("numpy==1.26.4")
    environment.python.conda_dependencies.add_conda_package("scipy=1.11")
    environment.pip_options = ["--pre"]
    environment.docker.base_image = "a:1"
    environment.docker.base_image_registry = ContainerRegistry("r.example.com", "user")
    environment.docker.shm_size = "4g"
    environment.python.user_managed_dependencies = True
    return environment


def test_what_is_saved_is_loaded(tmp_path):
    full().save_to_directory(tmp_path / "saved")

    loaded = Environment.load_from_directory(tmp_path / "saved")

    assert loaded == full()
    assert loaded.python.conda_dependencies.get_python_version() is None


def test_one_that_is_there_is_not_overwritten_by_itself(tmp_path):
    full().save_to_directory(tmp_path)

    with pytest.raises(InvalidEnvironment, match="is there already; choose another folder, or overwrite=True"):
        Environment("other").save_to_directory(tmp_path)

    Environment("other").save_to_directory(tmp_path, overwrite=True)
    assert Environment.load_from_directory(tmp_path).name == "other"


def test_a_password_is_not_written(tmp_path):
    environment = full()
    environment.docker.base_image_registry.password = "hidden"

    environment.save_to_directory(tmp_path)

    assert "hidden" not in (tmp_path / "azureml_environment.json").read_text()


def test_a_folder_that_the_retired_sdk_wrote(tmp_path):
    python = {"condaDependencies": {"dependencies": ["python=3.11.4", {"pip": ["numpy"]}]}, "interpreterPath": "python"}
    document = {"name": "old", "version": "7", "environmentVariables": {"EXAMPLE_ENV_VAR": "x"}, "python": python}
    (tmp_path / "azureml_environment.json").write_text(json.dumps({**document, "docker": {"baseDockerfile": "FROM x"}}))

    loaded = Environment.load_from_directory(tmp_path)

    assert (loaded.name, loaded.version, loaded.python_version) == ("old", "7", "3.11")
    assert loaded.python.conda_dependencies.pip_packages == ["numpy"]
    assert (loaded.docker.base_dockerfile, loaded.docker.base_image) == ("FROM x", None)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": "x", "python": 3}'])
def test_what_is_no_environment_is_named(tmp_path, text):
    (tmp_path / "azureml_environment.json").write_text(text)

    with pytest.raises(InvalidEnvironment, match=r"azureml_environment\.json is no environment"):
        Environment.load_from_directory(tmp_path)
