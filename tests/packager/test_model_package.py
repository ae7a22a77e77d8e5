import pytest

from packager import InvalidPackageRequest, ModelPackage, package
from packager.builders.memory import MemoryBuilder
from packager.publishers.memory import MemoryPublisher


@pytest.fixture
def image(inference_config) -> ModelPackage:
    return package(None, [], inference_config, image_name="m:1", builder=MemoryBuilder())


@pytest.fixture
def dockerfile(inference_config, tmp_path) -> ModelPackage:
    return package(None, [], inference_config, generate_dockerfile=True, context=tmp_path / "out")


def test_waiting_prints_the_log_and_the_state(image, capsys):
    image.wait_for_creation()
    assert capsys.readouterr().out == ""

    image.wait_for_creation(show_output=True)
    assert capsys.readouterr().out.splitlines()[-2:] == ["Made m:1", "Package creation Succeeded"]


def test_logs_from_an_offset(image):
    whole = image.get_logs(decode=False)

    assert isinstance(whole, bytes)
    assert image.get_logs(offset=len(whole) - 9) == "Made m:1\n"
    assert image.get_logs(offset=len(whole)) == ""


def test_attributes_of_the_retired_sdk(image, dockerfile):
    image.update_creation_state()

    assert (image.state, image.error, image.package_build_log_uri) == ("Succeeded", None, None)
    assert (image.generate_dockerfile, dockerfile.generate_dockerfile) == (False, True)
    assert image.serialize() == {"generateDockerfile": False, "state": "Succeeded", "location": "m:1"}
    assert repr(image) == "ModelPackage(workspace=None, generate_dockerfile=False, state=Succeeded, location=m:1)"


def test_save_copies_the_context(dockerfile, tmp_path):
    (tmp_path / "saved").mkdir()

    dockerfile.save(tmp_path / "saved")

    assert (tmp_path / "saved" / "Dockerfile").is_file()
    assert (tmp_path / "saved" / "azureml-app" / "score.py").is_file()


def test_save_refuses_a_file_and_an_image(dockerfile, image, tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(InvalidPackageRequest, match="Error, output path is not a directory"):
        dockerfile.save(tmp_path / "file")
    with pytest.raises(InvalidPackageRequest, match=r"Use pull\(\) instead"):
        image.save(tmp_path / "saved")


def test_save_says_that_the_context_is_gone(dockerfile, tmp_path):
    (tmp_path / "out" / "function_app.py").unlink()

    with pytest.raises(InvalidPackageRequest, match="is gone"):
        dockerfile.save(tmp_path / "saved")


def test_a_dockerfile_cannot_be_pulled(dockerfile):
    with pytest.raises(InvalidPackageRequest, match=r"Use save\(\) instead"):
        dockerfile.pull()


def test_an_image_that_was_not_published_is_there_already(image):
    image.pull()


def test_the_registry_is_part_of_the_location(image, dockerfile, inference_config):
    published = package(
        None,
        [],
        inference_config,
        image_name="m:1",
        publish_to="localhost:5000",
        builder=MemoryBuilder(),
        publisher=MemoryPublisher(),
    )

    assert published.location.startswith("localhost:5000/m@sha256:")
    assert published.get_container_registry().address == "localhost:5000"
    assert image.get_container_registry().address is None
    assert dockerfile.get_container_registry().address is None
