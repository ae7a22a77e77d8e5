"""`packager run --service-bus`: the packaged script behind a queue, and what it gives up, with the real client."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusReceivedMessage

from infra import RunningApp, given_up, invoke, replay_given_up, run, show_given_up
from infra.errors import InvalidRunRequest, RunTimedOut
from packager import Environment, InferenceConfig, package
from tests.support import apps

pytestmark = pytest.mark.service_bus

SCRIPT = """
import json
from pathlib import Path


def init():
    pass


def run(raw_data):
    if raw_data == "bad" and not Path("{mended}").exists():
        raise ValueError("no such column")
    return {{"answer": raw_data.upper()}}
"""


@pytest.fixture(scope="module")
def mended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("flag") / "mended"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, mended: Path) -> Iterator[RunningApp]:
    folder = tmp_path_factory.mktemp("bus")
    (folder / "score.py").write_text(SCRIPT.format(mended=mended))
    config = InferenceConfig("score.py", source_directory=folder, environment=Environment("bus"))
    package(
        None, [], config, generate_dockerfile=True, functions_enabled=True, trigger="service_bus_queue",
        input_queue_name="in", output_queue_name="out", context=folder / "app", proof=False,
    )  # fmt: skip
    with run(folder / "app", service_bus=True) as running:
        yield running


def test_a_message_is_answered(running: RunningApp) -> None:
    answer = invoke(running.details, b"hello", trigger="service_bus_queue")

    assert json.loads(answer.body) == {"answer": "HELLO"}
    assert (answer.sent_to, answer.found_at) == ("in", "out #1")


def test_a_message_that_is_given_up_is_listed_shown_and_replayed(running: RunningApp, mended: Path) -> None:
    app = running.details.app
    with pytest.raises(RunTimedOut, match="among the dead letters"):
        invoke(running.details, b"bad", trigger="service_bus_queue", timeout=5)

    (dead,) = given_up(app)
    assert (dead.function, dead.name, dead.attempts) == ("score_bus_message", "in/$DeadLetterQueue/1", 10)
    assert "MaxDeliveryCountExceeded" in dead.error
    (shown,) = show_given_up(app, dead.name)
    assert shown.as_document()["body"] == "bad"
    assert replay_given_up(app, dry_run=True).names == [dead.name]
    assert [one.name for one in given_up(app)] == [dead.name]

    mended.touch()
    replay_given_up(app, [dead.name])

    answer = received(running, "out", count=2)[-1]
    assert b"".join(answer.body) == b'{"answer": "BAD"}'
    assert answer.correlation_id == shown.as_document()["messageId"]
    assert given_up(app) == []


def received(running: RunningApp, queue: str, *, count: int) -> list[ServiceBusReceivedMessage]:
    """What is in the queue as soon as there are so many messages."""
    (connection,) = running.details.service_bus.values()
    deadline = time.monotonic() + 20
    with ServiceBusClient.from_connection_string(connection) as client, client.get_queue_receiver(queue) as receiver:
        while len(found := receiver.peek_messages(100, sequence_number=1)) < count:
            assert time.monotonic() < deadline, f"only {len(found)} messages"
            time.sleep(0.05)
    return found


def test_an_app_without_a_queue_needs_no_bus(tmp_path: Path) -> None:
    with pytest.raises(InvalidRunRequest, match="needs no Service Bus here"):
        run(apps.staged(tmp_path), service_bus=True)
