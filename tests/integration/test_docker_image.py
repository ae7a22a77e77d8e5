"""A real engine builds an image that answers HTTP requests and blobs, and a real registry takes it."""

import json
import re
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import joblib
import numpy as np
import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.servicebus import ServiceBusClient, ServiceBusMessage
from azure.storage.blob import BlobServiceClient

from examples.diabetes.train import train
from infra.emulators.service_bus import NamespaceConfig, ServiceBusEmulator
from infra.emulators.service_bus import running as serving
from packager import BuildFailed, Environment, InferenceConfig, Model, ModelPackage, PublishFailed, package
from packager.builders.docker import DockerBuilder
from packager.image_reference import ImageReference
from packager.models import LocalModelRegistry
from packager.publishers.docker import DockerPublisher

pytestmark = pytest.mark.docker

EXAMPLE = Path(__file__).parents[2] / "examples" / "diabetes"
BODY = json.dumps({"data": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]]}).encode()
PATHS = {"input_path": "questions/{name}.json", "output_path": "answers/{name}_out.json"}
QUEUES = {"input_queue_name": "in", "output_queue_name": "out"}
PATIENCE = 60.0
LOCKED_DOWN = {
    "network_mode": "host",
    "read_only": True,
    "tmpfs": {"/tmp": ""},
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
}
START = ["/opt/venv/bin/python", "-m", "function_host", "start", "--script-root", "/home/site/wwwroot"]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory) -> Path:
    """A folder with the sample's script and its freshly trained model."""
    folder = tmp_path_factory.mktemp("workshop")
    train(folder)
    (folder / "source").mkdir()
    shutil.copy(EXAMPLE / "score.py", folder / "source")
    return folder


@pytest.fixture(scope="module")
def expected(workshop) -> list[float]:
    model = joblib.load(workshop / "model.joblib")
    return model.predict(np.array(json.loads(BODY)["data"])).tolist()


@pytest.fixture(scope="module")
def made(workshop, docker_engine, python_base, registry) -> Iterator[ModelPackage]:
    """One image with three triggers, built and published; script and model are gone afterwards."""
    models = LocalModelRegistry(workshop / "registry")
    model = Model.register(models, workshop / "model.joblib", "diabetes")
    environment = Environment("diabetes", environment_variables={"GREETING": 'says "$HOME"'})
    environment.python.conda_dependencies.pip_packages = [
        f"{name}=={version(name)}" for name in ("scikit-learn", "joblib", "numpy")
    ]
    image = package(
        models,
        [model],
        InferenceConfig("score.py", source_directory=workshop / "source", environment=environment),
        triggers={"http": {}, "blob": PATHS, "service_bus_queue": QUEUES},
        base_image=python_base,
        image_name="packager-test",
        publish_to=registry,
        builder=DockerBuilder(docker_engine.client),
        publisher=DockerPublisher(docker_engine.client),
    )
    yield image
    docker_engine.client.images.remove(image.image.id, force=True)


@contextmanager
def running(docker_engine, image: str, *, volumes: list[str] | None = None, **settings: str):
    """A container of `image`, locked down as far as an engine can; gives its address and itself."""
    command = [*START, "--host", "127.0.0.1", "--port", "0"]
    container = docker_engine.client.containers.run(
        image,
        command,
        detach=True,
        volumes=volumes or [],
        environment={"FUNCTIONS_SECRETS_PATH": "/tmp/keys", **settings},
        **LOCKED_DOWN,
    )
    try:
        yield listening_at(container), container
    finally:
        container.remove(force=True)


def listening_at(container) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        container.reload()
        log = container.logs().decode()
        if found := re.search(r"http://127\.0\.0\.1:\d+", log):
            return found[0]
        assert container.status != "exited", log
        time.sleep(0.05)
    raise AssertionError(container.logs().decode())


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def downloaded(blob) -> bytes:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            return blob.download_blob().readall()
        except ResourceNotFoundError:
            time.sleep(0.05)
    raise AssertionError(f"{blob.blob_name} did not appear")


def test_a_locked_down_container_answers_messages(made, docker_engine, expected):
    config = NamespaceConfig.of(queues=["in", "out"])
    with serving(ServiceBusEmulator(config=config)) as bus:
        settings = {"ServiceBusConnectionString": bus.connection_string}
        with (
            running(docker_engine, made.location, **settings),
            ServiceBusClient.from_connection_string(bus.connection_string) as client,
            client.get_queue_sender("in") as sender,
            client.get_queue_receiver("out") as receiver,
        ):
            sender.send_messages(ServiceBusMessage(BODY, message_id="m-1"))
            (answer,) = receiver.receive_messages(1, max_wait_time=PATIENCE)

    assert answer.correlation_id == "m-1"
    assert json.loads(b"".join(answer.body)) == pytest.approx(expected)


@pytest.mark.azurite
def test_a_locked_down_container_answers_requests_and_blobs(made, docker_engine, azurite, expected):
    settings = {"TriggerConnectionString": azurite.connection_string}
    with running(docker_engine, made.location, **settings) as (url, container):
        uid = container.exec_run(["id", "-u"]).output.decode().strip()
        keys = json.loads(container.exec_run(["cat", "/tmp/keys/host.json"]).output)
        key = keys["functionKeys"][0]["value"]
        refused, _ = post(f"{url}/api/score", BODY, {})
        status, answer = post(f"{url}/api/score", BODY, {"x-functions-key": key})
        with BlobServiceClient.from_connection_string(azurite.connection_string) as account:
            account.get_blob_client("questions", "a.json").upload_blob(BODY)
            blob_answer = downloaded(account.get_blob_client("answers", "a_out.json"))
        variable = container.exec_run(["/opt/venv/bin/python", "-c", "import os; print(os.environ['GREETING'])"])
        container.stop(timeout=20)
        ended_with = container.wait()["StatusCode"]

    assert uid == "65532"
    assert refused == 401
    assert status == 200
    assert json.loads(answer) == pytest.approx(expected)
    assert json.loads(blob_answer) == pytest.approx(expected)
    assert variable.output.decode().strip() == 'says "$HOME"'
    assert ended_with == 0


def test_a_container_takes_the_keys_that_a_cluster_mounts(made, docker_engine, azurite, tmp_path):
    for name, value in {"host.master": "the-master", "host.function.default": "the-key"}.items():
        (tmp_path / name).write_text(value)
        (tmp_path / name).chmod(0o644)
    tmp_path.chmod(0o755)
    settings = {"FUNCTIONS_SECRETS_PATH": "", "AzureWebJobsSecretStorageType": "kubernetes"}
    connections = {"TriggerConnectionString": azurite.connection_string}
    mounted = [f"{tmp_path}:/run/secrets/functions-keys:ro"]
    with running(docker_engine, made.location, volumes=mounted, **settings, **connections) as (url, _):
        answers = {key: status_of(f"{url}/api/score", key) for key in ("the-key", "the-master", "another")}
    assert answers == {"the-key": 200, "the-master": 200, "another": 401}


def status_of(url: str, key: str) -> int:
    request = urllib.request.Request(url, BODY, {"x-functions-key": key})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_image_says_how_to_run_it(made, docker_engine):
    settings = docker_engine.client.images.get(made.location).attrs["Config"]

    assert settings["User"] == "65532:65532"
    assert settings["Cmd"][:3] == ["/opt/venv/bin/python", "-m", "function_host"]
    assert settings["Healthcheck"]["Test"][:2] == ["CMD", "/opt/venv/bin/python"]
    assert settings["StopSignal"] == "SIGTERM"
    assert "8080/tcp" in settings["ExposedPorts"]


def test_the_image_can_be_pulled_by_its_digest(made, docker_engine, registry):
    assert re.fullmatch(rf"{re.escape(registry)}/packager-test@sha256:[0-9a-f]{{64}}", made.location)
    docker_engine.client.images.remove(made.location)

    made.pull()

    assert docker_engine.client.images.get(made.location).id == made.image.id


def test_the_log_tells_of_every_stage(made):
    log = made.get_logs()

    assert "Locking the packages" in log
    assert "[packages 1/" in log
    assert "Successfully tagged packager-test:" in log
    assert log.endswith(f"Made {made.location}\n")


def request_for(workshop, environment: Environment, **more: object) -> ModelPackage:
    config = InferenceConfig("score.py", source_directory=workshop / "source", environment=environment)
    return package(None, [], config, functions_enabled=True, trigger="http", **more)


@pytest.mark.parametrize("use_buildkit", [True, False])
def test_a_base_image_of_another_python_is_refused(workshop, docker_engine, python_base, use_buildkit):
    environment = Environment("other", python_version="3.12")
    builder = DockerBuilder(docker_engine.client, use_buildkit=use_buildkit)

    with pytest.raises(BuildFailed, match=r"The base image has Python 3\.11, the environment asks for 3\.12"):
        request_for(workshop, environment, base_image=python_base, builder=builder)


def test_a_registry_that_is_not_there_is_named(workshop, docker_engine, python_base, made):
    publisher = DockerPublisher(docker_engine.client)

    with pytest.raises(PublishFailed, match=r"127\.0\.0\.1:1/nothing"):
        publisher.publish(made.image, ImageReference(repository="127.0.0.1:1/nothing", tag="1"), lambda _: None)
