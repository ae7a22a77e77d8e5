import pytest

from packager import CondaDependencies, Environment


def test_a_new_environment_is_empty():
    environment = Environment("plain")

    assert environment.python_version == "3.11"
    assert environment.environment_variables == {}
    assert environment.python.conda_dependencies == CondaDependencies()
    assert environment.docker.base_image is None


def test_packages_are_added_as_in_the_retired_sdk():
    environment = Environment("old")
    environment.python.conda_dependencies = CondaDependencies.create(pip_packages=["numpy"], conda_packages=["scipy"])
    environment.python.conda_dependencies.add_pip_package("joblib")
    environment.python.conda_dependencies.add_conda_package("pandas=2")

    assert environment.python.conda_dependencies.pip_packages == ["numpy", "joblib"]
    assert environment.python.conda_dependencies.conda_packages == ["scipy", "pandas=2"]


def test_a_requirements_file_gives_packages_and_options(tmp_path):
    file = tmp_path / "requirements.txt"
    file.write_text("--extra-index-url https://example.com/simple\nnumpy==1.26.4\n")

    environment = Environment.from_pip_requirements("pip", file)

    assert environment.python.conda_dependencies.pip_packages == ["numpy==1.26.4"]
    assert environment.pip_options == ["--extra-index-url https://example.com/simple"]


def test_a_conda_file_gives_version_packages_and_variables(tmp_path):
    file = tmp_path / "env.yml"
    file.write_text(
        "dependencies:\n  - python=3.12.1\n  - numpy=1.26\n  - pip:\n    - joblib\nvariables:\n  THREADS: 2\n"
    )

    environment = Environment.from_conda_specification("conda", file)

    assert environment.python_version == "3.12"
    assert environment.python.conda_dependencies.conda_packages == ["numpy=1.26"]
    assert environment.python.conda_dependencies.pip_packages == ["joblib"]
    assert environment.environment_variables == {"THREADS": "2"}


def test_a_clone_is_independent():
    first = Environment("first")

    second = first.clone("second")
    second.environment_variables["A"] = "1"
    second.python.conda_dependencies.add_pip_package("numpy")

    assert second.name == "second"
    assert first == Environment("first")


def test_a_misspelt_field_is_an_error():
    with pytest.raises(AttributeError):
        Environment("x").python_versoin = "3.12"
