"""`packager test --image`: a real engine runs the image, and a sample goes through every trigger."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import prove_image
from infra.errors import InvalidRunRequest
from packager import Environment, InferenceConfig, ModelPackage, ProofFailed, package
from packager.builders.docker import DockerBuilder
from packager.publishers.memory import MemoryPublisher

pytestmark = pytest.mark.docker

SCRIPT = """
import json


def init():
    pass


def run(raw_data):
    return {"sum": sum(json.loads(raw_data)["data"])}
"""
TRIGGERS = {
    "http": {},
    "blob": {},
    "storage_queue": {},
    "service_bus_queue": {"input_queue_name": "in", "output_queue_name": "out"},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory, docker_engine, python_base) -> Iterator[ModelPackage]:
    source = tmp_path_factory.mktemp("source")
    (source / "score.py").write_text(SCRIPT)
    image = package(
        None,
        [],
        InferenceConfig("score.py", source_directory=source, environment=Environment("image")),
        triggers=TRIGGERS,
        base_image=python_base,
        image_name="packager-proof-test",
        sample_input={"data": [1, 2]},
        builder=DockerBuilder(docker_engine.client),
    )
    yield image
    docker_engine.client.images.remove(image.image.id, force=True)


def test_an_image_that_was_proved_says_so(made, docker_engine):
    labels = docker_engine.client.images.get(made.location).attrs["Config"]["Labels"]

    assert made.proof.state == "succeeded"
    log = made.get_logs()
    assert log.index("Proving the app") < log.index(f"Proving {made.image.reference}")
    assert labels["functions-packager.proof"] == "succeeded"


def test_an_image_that_lacks_what_its_script_needs_is_not_published(tmp_path, docker_engine, python_base):
    """What the app finds on this machine, and would not find in its image."""
    (tmp_path / "here").touch()
    (tmp_path / "source").mkdir()
    script = f"def init():\n    open({str(tmp_path / 'here')!r})\n\n\ndef run(data):\n    return 1\n"
    (tmp_path / "source" / "score.py").write_text(script)
    config = InferenceConfig("score.py", source_directory=tmp_path / "source", environment=Environment("lacks"))
    publisher = MemoryPublisher()

    with pytest.raises(ProofFailed, match="FileNotFoundError") as caught:
        package(
            None,
            [],
            config,
            triggers={"http": {}},
            base_image=python_base,
            image_name="packager-proof-fails:1",
            publish_to="localhost:1",
            builder=DockerBuilder(docker_engine.client),
            publisher=publisher,
        )

    assert "Proving packager-proof-fails:1" in caught.value.log
    assert publisher.published == []
    docker_engine.client.images.remove("packager-proof-fails:1", force=True)


def test_every_trigger_of_an_image(made, docker_engine):
    before = {each.id for each in docker_engine.client.containers.list(all=True)}

    proof = prove_image(made.location, client=docker_engine.client)

    assert proof.failure == ""
    tried = {each.trigger: each for each in proof.tried if each.function != "swagger"}
    assert tried.keys() == TRIGGERS.keys()
    assert {each.answer for each in tried.values()} == {b'{"sum": 3}'}
    assert proof.measured.init_seconds is not None
    assert {each.id for each in docker_engine.client.containers.list(all=True)} == before


def test_a_sample_that_it_cannot_answer(made, docker_engine):
    proof = prove_image(made.location, sample="no JSON", triggers=["http", "blob"], client=docker_engine.client)

    assert not proof.succeeded
    assert proof.traceback.startswith("Traceback (most recent call last):")
    assert "JSONDecodeError" in proof.traceback


def test_the_command(made, docker_engine, tmp_path: Path):
    (tmp_path / "s.json").write_text('{"data": [5]}')
    command = [sys.executable, "-m", "packager", "test", "--image", made.location, "--sample", str(tmp_path / "s.json")]

    done = subprocess.run([*command, "--trigger", "http", "--json"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tried"][0]["answer"] == '{"sum": 5}'


def test_images_of_others_are_refused(docker_engine, python_base):
    with pytest.raises(InvalidRunRequest, match="does not start function_host"):
        prove_image(python_base, client=docker_engine.client)
    with pytest.raises(InvalidRunRequest, match="has no image 'nowhere'"):
        prove_image("nowhere", client=docker_engine.client)
