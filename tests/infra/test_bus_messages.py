"""infra.bus_messages, against the emulator and somebody who answers as a function would"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage

from infra.app_run import AppRun
from infra.bus_messages import ask
from infra.emulators.service_bus import NamespaceConfig, ServiceBusEmulator, running
from infra.errors import InvalidRunRequest, NotRunning, RunTimedOut
from tests.support import runs

pytestmark = pytest.mark.service_bus

FUNCTION = runs.function(runs.BUS)


@pytest.fixture(scope="module")
def connection() -> Iterator[str]:
    with running(ServiceBusEmulator(config=NamespaceConfig.of(queues=["in", "out"]))) as emulator:
        yield emulator.connection_string


def app(folder: Path, connection: str) -> AppRun:
    return replace(runs.app_run(folder, FUNCTION), service_bus={"Bus": connection})


@contextmanager
def answering(connection: str) -> Iterator[None]:
    """Somebody who answers one message, after another one that answers somebody else."""

    def answer() -> None:
        with (
            ServiceBusClient.from_connection_string(connection) as client,
            client.get_queue_receiver("in") as receiver,
            client.get_queue_sender("out") as sender,
        ):
            (message,) = receiver.receive_messages(1, max_wait_time=10)
            sender.send_messages(ServiceBusMessage(b"not yours", correlation_id="somebody"))
            sender.send_messages(ServiceBusMessage(b"re: " + b"".join(message.body), correlation_id=message.message_id))
            receiver.complete_message(message)

    thread = threading.Thread(target=answer)
    thread.start()
    yield
    thread.join()


def test_the_answer_is_found_and_stays(tmp_path: Path, connection: str) -> None:
    with answering(connection):
        assert ask(app(tmp_path, connection), FUNCTION, b"hello", 10) == ("in", "out #2", b"re: hello")
    with ServiceBusClient.from_connection_string(connection) as client, client.get_queue_receiver("out") as receiver:
        assert len(receiver.peek_messages(10)) == 2


def test_silence_is_told(tmp_path: Path, connection: str) -> None:
    with pytest.raises(RunTimedOut, match=r"in queue 'out' within 0\.1 seconds after it was sent to 'in'"):
        ask(app(tmp_path, connection), FUNCTION, b"", 0.1)


def test_what_cannot_be_asked_is_refused(tmp_path: Path, connection: str) -> None:
    silent = runs.function(runs.BUS, bindings=runs.BUS["bindings"][:1])
    with pytest.raises(InvalidRunRequest, match="writes to no queue"):
        ask(app(tmp_path, connection), silent, b"", 1)
    with pytest.raises(InvalidRunRequest, match="'Bus' that is known here"):
        ask(runs.app_run(tmp_path, FUNCTION), FUNCTION, b"", 1)


def test_a_bus_that_is_away_is_told(tmp_path: Path) -> None:
    away = "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=k;SharedAccessKey=v;UseDevelopmentEmulator=true;"
    with pytest.raises(NotRunning, match="'Bus' does not answer"):
        ask(app(tmp_path, away), FUNCTION, b"", 1)
