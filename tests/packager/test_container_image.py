from concurrent.futures import ThreadPoolExecutor

import pytest

from packager import ContainerImage, InvalidPackageRequest, Workspace, package
from packager.builders.memory import MemoryBuilder
from packager.container_image import _reserved

pytestmark = pytest.mark.filterwarnings("ignore:.*of InferenceConfig are old:DeprecationWarning")


@pytest.fixture
def config(source, monkeypatch):
    monkeypatch.chdir(source)
    (source / "helpers").mkdir()
    (source / "helpers" / "a.py").write_text("")
    (source / "other.txt").write_text("")
    (source / "steps").write_text("RUN echo hello\n")
    return ContainerImage.image_configuration(
        "score.py", "python", docker_file="steps", dependencies=["helpers"], tags={"area": "health"}, description="d"
    )


@pytest.fixture
def builder():
    return MemoryBuilder()


@pytest.fixture
def create(config, builder, model_file):
    return lambda name="old": ContainerImage.create(Workspace(), name, [model_file], config, builder=builder)


def test_versions_count_up(create, builder):
    images = [create(), create(), create("other")]

    assert [image.id for image in images] == ["old:1", "old:2", "other:1"]
    assert [str(reference) for _, reference in builder.built] == ["old:1", "old:2", "other:1"]
    assert images[1].image_location == "old:2"
    assert images[0].creation_state == "Succeeded"


def test_versions_are_given_once_however_many_ask(packager_home):
    with ThreadPoolExecutor(8) as pool:
        files = list(pool.map(lambda _: _reserved("old"), range(40)))

    assert sorted(int(file.stem) for file in files) == [*range(1, 41)]


def test_script_and_dependencies_are_packaged_and_nothing_else(config, tmp_path, model_file):
    inference = config.inference_config(tmp_path / "staged")
    made = package(None, [model_file], inference, generate_dockerfile=True)

    app = made.context / "azureml-app"
    assert sorted(path.name for path in app.rglob("*.*")) == ["a.py", "score.py"]
    assert "RUN echo hello" in (made.context / "Dockerfile").read_text()


def test_images_are_found(create, model_file):
    create()
    create()

    assert [image.id for image in ContainerImage.list(None)] == ["old:2", "old:1"]
    assert ContainerImage.list(None, image_name="none") == []
    assert ContainerImage.list(None, model_id=str(model_file), tags={"area": "health"})[0].version == 2
    assert ContainerImage.list(None, model_name="none") == ContainerImage.list(None, tags={"area": "x"}) == []
    assert ContainerImage(None, "old").version == 2
    assert ContainerImage(None, id="old:1").version == 1
    with pytest.raises(InvalidPackageRequest, match="no container image 'old' of version 7"):
        ContainerImage(None, "old", version=7)
    with pytest.raises(InvalidPackageRequest, match="no container image"):
        ContainerImage(None)


def test_tags_change_and_stay(create):
    image = create()
    image.add_tags({"stage": "live"})
    image.remove_tags(["area"])
    assert ContainerImage(None, "old").tags == image.tags == {"stage": "live"}
    image.update({"a": "b"})
    assert ContainerImage(None, "old").serialize()["tags"] == {"a": "b"}

    image.delete()
    assert ContainerImage.list(None) == []


def test_what_it_says(create, capsys):
    image = create()
    image.wait_for_creation(show_output=True)
    image.update_creation_state()

    assert "image old:1, Succeeded" in capsys.readouterr().out
    assert repr(image) == "ContainerImage(name='old', id='old:1', image_location='old:1')"
    with pytest.raises(InvalidPackageRequest, match="docker run"):
        image.run("{}")


def test_a_failed_build_takes_no_number(config, model_file, builder):
    with pytest.raises(InvalidPackageRequest):
        ContainerImage.create(None, "old", 7, config, builder=builder)

    assert ContainerImage.create(None, "old", [], config, builder=builder).version == 1


def test_missing_files(create, config):
    missing = ContainerImage.image_configuration("score.py", "python", dependencies=["none"])

    with pytest.raises(InvalidPackageRequest, match="'none' is not there"):
        missing.validate_configuration()
