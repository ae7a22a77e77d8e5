"""An image that no engine built runs in a real engine, goes to a real registry, and comes back the same."""

import json
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import joblib
import numpy as np
import pytest

from examples.diabetes.train import train
from packager import Environment, InferenceConfig, ModelPackage, package
from packager.builders.base import fetch_base
from packager.builders.base_registry import RegistryBase
from packager.builders.cache import BuildCache
from packager.builders.engine import EngineSource
from packager.builders.oci import OciBuilder
from packager.oci.layout import ImageLayout
from packager.oci.manifest import Platform
from packager.oci.transfer import described
from packager.publishers.registry import RegistryPublisher
from tests.integration.test_docker_image import BODY, EXAMPLE, LOCKED_DOWN, listening_at, post

pytestmark = pytest.mark.docker

BASE = "debian-packages:bookworm"
AMD64 = Platform.of("linux/amd64")
SETTINGS = {"FUNCTIONS_SECRETS_PATH": "/tmp/keys", "PORT": "0"}


@pytest.fixture(scope="module")
def workshop(tmp_path_factory) -> Path:
    """A folder with the sample's script, its freshly trained model, and the cache of the builds."""
    folder = tmp_path_factory.mktemp("oci")
    train(folder)
    (folder / "source").mkdir()
    shutil.copy(EXAMPLE / "score.py", folder / "source")
    return folder


def build(workshop: Path, docker_engine, **more: object) -> ModelPackage:
    environment = Environment("diabetes")
    environment.python.conda_dependencies.pip_packages = [
        f"{name}=={version(name)}" for name in ("scikit-learn", "joblib", "numpy")
    ]
    return package(
        None,
        [workshop / "model.joblib"],
        InferenceConfig("score.py", source_directory=workshop / "source", environment=environment),
        functions_enabled=True,
        trigger="http",
        auth_level="anonymous",
        base_image=BASE,
        image_name="packager-oci-test:1",
        builder=OciBuilder(cache=BuildCache.open(workshop / "cache"), engine=docker_engine.client),
        proof=False,
        **more,
    )


@pytest.fixture(scope="module")
def made(workshop, docker_engine, registry) -> Iterator[ModelPackage]:
    """Built, loaded into the engine, and pushed."""
    image = build(workshop, docker_engine, publish_to=registry, publisher=RegistryPublisher())
    yield image
    docker_engine.client.images.remove(image.image.id, force=True)


def answer(docker_engine, image: str) -> list[float]:
    """What a locked-down container of the image, started as the image says, answers."""
    container = docker_engine.client.containers.run(
        image, ["/opt/venv/bin/python", "-m", "function_host", "start", "--script-root", "/home/site/wwwroot"],
        detach=True, environment=SETTINGS, **LOCKED_DOWN,
    )  # fmt: skip
    try:
        status, body = post(f"{listening_at(container)}/api/score", BODY, {})
        container.stop(timeout=20)
        assert container.wait()["StatusCode"] == 0, container.logs().decode()
    finally:
        container.remove(force=True)
    assert status == 200, body
    return list(json.loads(body))


def test_it_answers_in_a_locked_down_container(made, docker_engine, workshop):
    model = joblib.load(workshop / "model.joblib")
    expected = model.predict(np.array(json.loads(BODY)["data"])).tolist()

    assert answer(docker_engine, made.image.id) == pytest.approx(expected)


def test_the_engine_knows_it_by_the_digest_of_its_configuration(made, docker_engine):
    found = docker_engine.client.images.get("packager-oci-test:1").attrs

    assert found["Id"] == made.image.id
    assert found["Config"]["User"] == "65532:65532"
    assert found["Config"]["Entrypoint"] == ["/usr/bin/tini", "--"]
    assert found["Config"]["Healthcheck"]["Test"][:2] == ["CMD", "/opt/venv/bin/python"]
    assert found["Config"]["Labels"]["org.opencontainers.image.base.name"] == BASE


def test_what_the_registry_gives_back_is_the_same_image(made, docker_engine):
    docker_engine.client.images.remove(made.image.id, force=True)

    made.pull()

    assert made.location.endswith(f"@{made.image.digest}")
    assert docker_engine.client.images.get(made.location).id == made.image.id


def test_a_changed_script_sends_little(made, docker_engine, workshop, registry):
    script = workshop / "source" / "score.py"
    script.write_text(script.read_text() + "# changed\n")

    changed = build(workshop, docker_engine, publish_to=registry, publisher=RegistryPublisher())

    layouts = [ImageLayout.open(each.image.layout) for each in (made, changed)]
    before = {each.digest for each in layouts[0].blobs_of(described(layouts[0], made.image.digest))}
    sent = [
        each for each in layouts[1].blobs_of(described(layouts[1], changed.image.digest)) if each.digest not in before
    ]
    assert changed.image.digest != made.image.digest
    assert len(sent) == 3
    docker_engine.client.images.remove(changed.image.id, force=True)


def test_an_image_of_a_registry_is_a_base(made, tmp_path):
    cache = BuildCache.open(tmp_path / "cache")

    base = fetch_base(made.location, AMD64, cache, {"": RegistryBase()})

    assert base.manifest.digest == made.image.digest
    assert base.facts.python == "/usr/bin/python3"


def test_an_image_of_the_engine_is_a_base(docker_engine, python_base, tmp_path):
    cache = BuildCache.open(tmp_path / "cache")
    source = EngineSource(cache=cache, client=docker_engine.client)

    base = fetch_base(f"docker:{python_base}", AMD64, cache, {"docker": source})

    assert base.facts.python_version == "3.11"
    assert base.facts.glibc == 36
    assert cache.layout.is_whole(base.manifest)
