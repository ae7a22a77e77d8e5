"""An arm64 image, built on this machine, answers under emulation as the model does here."""

import json
import shutil
from importlib.metadata import version
from pathlib import Path

import joblib
import numpy as np
import pytest

from examples.diabetes.train import train
from packager import Environment, InferenceConfig, package
from packager.builders.cache import BuildCache
from packager.builders.oci import OciBuilder
from tests.integration.test_docker_image import BODY, EXAMPLE, LOCKED_DOWN, START, listening_at, post
from tests.support import emulation, require

pytestmark = pytest.mark.docker

_EMULATOR = "/emulator"


@pytest.fixture
def emulator() -> Path:
    reason = emulation.missing()
    require(not reason, reason)
    return emulation.program()


def test_the_same_predictions_come_from_another_architecture(docker_engine, emulator, tmp_path):
    model = joblib.load(train(tmp_path))
    (tmp_path / "source").mkdir()
    shutil.copy(EXAMPLE / "score.py", tmp_path / "source")
    environment = Environment("diabetes")
    environment.python.conda_dependencies.pip_packages = [
        f"{name}=={version(name)}" for name in ("scikit-learn", "joblib", "numpy")
    ]
    made = package(
        None,
        [tmp_path / "model.joblib"],
        InferenceConfig("score.py", source_directory=tmp_path / "source", environment=environment),
        base_image="debian-packages:bookworm",
        image_name="packager-arm64-test:1",
        builder=OciBuilder(
            platforms=["linux/arm64"],
            cache=BuildCache.open(tmp_path / "cache"),
            engine=docker_engine.client,
        ),
        proof=False,
    )
    container = docker_engine.client.containers.create(
        made.image.id,
        START[1:],
        entrypoint=[_EMULATOR, START[0]],
        environment={"PORT": "0"},
        volumes={str(emulator): {"bind": _EMULATOR, "mode": "ro"}},
        platform="linux/arm64",
        **LOCKED_DOWN,
    )
    try:
        container.start()
        status, body = post(f"{listening_at(container)}/score", BODY, {})
    finally:
        container.remove(force=True)
        docker_engine.client.images.remove(made.image.id, force=True)

    assert made.image.platform == "linux/arm64"
    assert status == 200, body
    assert json.loads(body) == pytest.approx(model.predict(np.array(json.loads(BODY)["data"])).tolist())
