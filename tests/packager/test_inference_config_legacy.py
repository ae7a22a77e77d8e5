import pytest

from packager import ContainerRegistry, Environment, InferenceConfig, InvalidEnvironment, InvalidPackageRequest
from packager.request import check_request
from packager.staging.context import stage


def test_the_retired_order_of_arguments(source, tmp_path):
    (source / "env.yml").write_text("dependencies:\n- python=3.12\n- numpy=1.26\n")
    (source / "steps").write_text("RUN apt-get install -y libgomp1\n")

    with pytest.warns(
        DeprecationWarning, match="runtime, conda_file, extra_docker_file_steps of InferenceConfig are old"
    ):
        config = InferenceConfig("score.py", "python", "env.yml", "steps", str(source), None, "described")

    assert config.environment.python_version == "3.12"
    assert config.environment.python.conda_dependencies.conda_packages == ["numpy=1.26"]
    staged = stage(check_request([], config, {}), tmp_path / "out")
    lines = (staged.folder / "Dockerfile").read_text().splitlines()
    assert lines[:2] == ["FROM python:3.12-slim AS own", "RUN apt-get install -y libgomp1"]


def test_a_base_image_of_a_registry(source):
    registry = ContainerRegistry("r.example.com")
    with pytest.warns(DeprecationWarning, match="runtime, enable_gpu, base_image, base_image_registry of"):
        config = InferenceConfig(
            source / "score.py", "python", base_image="base:1", base_image_registry=registry, enable_gpu=True
        )

    assert check_request([], config, {}).base_image == "r.example.com/base:1"


def test_an_environment_excludes_all_of_them(source):
    with pytest.raises(InvalidPackageRequest, match="environment and runtime, cuda_version exclude each other"):
        InferenceConfig(source / "score.py", "python", cuda_version="10.0", environment=Environment("e"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"runtime": "java"}, "runtime 'java' is not one of python, python-slim, spark-py"),
        ({"conda_file": "env.yml"}, "runtime None is not one of"),
        ({"runtime": "python", "cuda_version": "8"}, "cuda_version '8' is not one of 9.0"),
        ({"runtime": "python", "enable_gpu": True}, "enable_gpu and cuda_version choose no image here"),
        ({"runtime": "python", "extra_docker_file_steps": "none"}, "extra_docker_file_steps .*none cannot be read"),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_is_wrong_is_named(source, arguments, words):
    with pytest.raises(InvalidPackageRequest, match=words):
        InferenceConfig("score.py", source_directory=source, **arguments)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_spark_needs_an_image_with_java(source):
    with pytest.raises(InvalidEnvironment, match="needs a base_image with Java"):
        InferenceConfig(source / "score.py", "spark-py")

    config = InferenceConfig(source / "score.py", "spark-py", base_image="spark:3")
    assert config.environment.python.conda_dependencies.pip_packages == ["pyspark"]


def test_no_argument_is_no_environment(source):
    assert InferenceConfig(source / "score.py").environment is None
