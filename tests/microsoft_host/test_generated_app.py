"""The generated app is indexed, loaded and run by Microsoft's own worker library."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.diabetes.train import train
from packager import (
    BlobTrigger,
    Environment,
    HttpTrigger,
    InferenceConfig,
    ServiceBusQueueTrigger,
    StorageQueueTrigger,
    TimerTrigger,
    package,
)
from tests.support.microsoft_worker import Worker

pytestmark = pytest.mark.microsoft_worker

EXAMPLE = Path(__file__).parents[2] / "examples" / "diabetes"
BODY = '{"data": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]}'
BLOB = {"BlobTrigger": "input/a.json", "Uri": "http://127.0.0.1/input/a.json", "Properties": {}, "Metadata": {}}
MESSAGE = {"MessageId": "1", "DeliveryCount": 1, "UserProperties": {}}


def packaged(folder: Path, **more: object) -> Path:
    """The diabetes sample, staged in `folder`."""
    train(folder)
    (folder / "source").mkdir()
    shutil.copy(EXAMPLE / "score.py", folder / "source")
    config = InferenceConfig("score.py", source_directory=folder / "source", environment=Environment("sample"))
    package(
        None, [folder / "model.joblib"], config, generate_dockerfile=True, context=folder / "app", proof=False, **more
    )
    return folder / "app"


@pytest.fixture(scope="module")
def worker(tmp_path_factory) -> Iterator[Worker]:
    """On an app with every trigger that both hosts know."""
    folder = tmp_path_factory.mktemp("generated")
    triggers = [
        HttpTrigger(),
        BlobTrigger(),
        ServiceBusQueueTrigger(input_queue_name="in", output_queue_name="out"),
        StorageQueueTrigger(),
        TimerTrigger(schedule="0 0 0 1 1 *"),
    ]
    started = Worker(packaged(folder, triggers=triggers), {}, folder / "worker.log")
    yield started
    started.stop()


def test_every_function_is_indexed_with_its_bindings(worker):
    found = {one["name"]: {binding["type"] for binding in one["bindings"]} for one in worker.functions}

    assert found == {
        "warm_up": {"warmupTrigger"},
        "score_http": {"httpTrigger", "http"},
        "swagger": {"httpTrigger", "http"},
        "score_blob": {"blobTrigger", "blob"},
        "score_bus_message": {"serviceBusTrigger", "serviceBus"},
        "score_message": {"queueTrigger", "queue"},
        "score_timer": {"timerTrigger"},
    }


def test_the_same_answer_comes_from_a_request_a_blob_and_messages(worker):
    by_http = worker.invoke("score_http", "req", http="http://127.0.0.1/api/score", body=BODY)["returned"]
    by_blob = worker.invoke("score_blob", "blob", bytes=BODY, metadata=BLOB)["returned"]
    by_bus = worker.invoke("score_bus_message", "message", bytes=BODY, metadata=MESSAGE)["returned"]

    assert by_http["status"] == "200"
    assert len(json.loads(by_http["body"])) == 1
    assert json.loads(by_blob) == json.loads(by_bus) == json.loads(by_http["body"])


def test_a_failing_script_fails_the_invocation_with_its_traceback(worker):
    answer = worker.invoke("score_blob", "blob", bytes='{"wrong": 1}', metadata=BLOB)

    assert "KeyError" in answer["error"]
    assert 'json.loads(raw_data)["data"]' in answer["traceback"]


def test_a_plain_web_service_answers_too(tmp_path):
    worker = Worker(packaged(tmp_path), {}, tmp_path / "worker.log")
    try:
        (service,) = (one for one in worker.functions if one["name"] == "web_service")
        parameter = next(each["name"] for each in service["bindings"] if each["type"] == "httpTrigger")
        answer = worker.invoke("web_service", parameter, http="http://127.0.0.1/score", body=BODY)["returned"]
    finally:
        worker.stop()

    assert answer["status"] == "200"
    assert len(json.loads(answer["body"])) == 1
