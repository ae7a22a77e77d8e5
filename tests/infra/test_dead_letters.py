"""infra.dead_letters, against the emulator"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage, ServiceBusReceivedMessage
from azure.servicebus.amqp import AmqpAnnotatedMessage, AmqpMessageProperties

from infra.dead_letters import dead_letters, replay_dead_letters
from infra.emulators.service_bus import NamespaceConfig, ServiceBusEmulator, running
from infra.errors import NoSuchFailure, NotRunning
from infra.replaying import Replay

pytestmark = pytest.mark.service_bus

APP = """
import azure.functions as func

app = func.FunctionApp()


@app.service_bus_queue_trigger(arg_name="m", queue_name="in", connection="Bus")
def one(m: func.ServiceBusMessage) -> None: ...


@app.service_bus_topic_trigger(arg_name="m", topic_name="news", subscription_name="mine", connection="Bus")
def two(m: func.ServiceBusMessage) -> None: ...
"""


@pytest.fixture
def bus() -> Iterator[str]:
    config = NamespaceConfig.of(queues=["in"], topics={"news": ["mine"]})
    with running(ServiceBusEmulator(config=config)) as emulator:
        yield emulator.connection_string


@pytest.fixture
def client(bus: str) -> Iterator[ServiceBusClient]:
    with ServiceBusClient.from_connection_string(bus) as client:
        yield client


@pytest.fixture
def app(tmp_path: Path, bus: str) -> Path:
    return app_at(tmp_path, bus)


def app_at(folder: Path, bus: str) -> Path:
    (folder / "app").mkdir()
    (folder / "app" / "function_app.py").write_text(APP)
    (folder / "app" / "host.json").write_text('{"version": "2.0"}')
    (folder / "app" / "local.settings.json").write_text(json.dumps({"Values": {"Bus": bus}}))
    return folder / "app"


def give_up(
    client: ServiceBusClient, message: ServiceBusMessage | AmqpAnnotatedMessage, *, topic: bool = False
) -> None:
    """Send it, and dead-letter it as a receiver does."""
    receiver = client.get_subscription_receiver("news", "mine") if topic else client.get_queue_receiver("in")
    with client.get_topic_sender("news") if topic else client.get_queue_sender("in") as sender, receiver:
        sender.send_messages(message)
        (found,) = receiver.receive_messages(1, max_wait_time=5)
        receiver.dead_letter_message(found, reason="TooOdd", error_description="no column 'bmi'")


def waiting(client: ServiceBusClient, *, topic: bool = False) -> list[ServiceBusReceivedMessage]:
    with client.get_subscription_receiver("news", "mine") if topic else client.get_queue_receiver("in") as receiver:
        return list(receiver.peek_messages(10))


def test_they_are_listed_for_each_function(app: Path, client: ServiceBusClient) -> None:
    give_up(client, ServiceBusMessage(b"a", message_id="a-1", correlation_id="c-1"))
    give_up(client, ServiceBusMessage(b"b"), topic=True)

    queued, published = dead_letters(app)

    assert (queued.function, queued.name) == ("one", "in/$DeadLetterQueue/1")
    assert (published.function, published.name) == ("two", "news/Subscriptions/mine/$DeadLetterQueue/1")
    assert (queued.error, queued.attempts) == ("TooOdd: no column 'bmi'", 1)
    document = queued.as_document()
    assert {key: document[key] for key in ("messageId", "correlationId", "body")} == {
        "messageId": "a-1", "correlationId": "c-1", "body": "a",
    }  # fmt: skip
    assert len(dead_letters(app)) == 2


def test_one_is_sent_again_as_it_was(app: Path, client: ServiceBusClient) -> None:
    properties = AmqpMessageProperties(message_id="m-2", subject="s")
    give_up(client, ServiceBusMessage(b"stays"))
    give_up(client, AmqpAnnotatedMessage(value_body={"n": 1}, properties=properties, application_properties={"k": 7}))
    asked = Replay()

    replay_dead_letters(app, ["in/$DeadLetterQueue/2"], asked=asked)

    (again,) = waiting(client)
    assert (again.message_id, again.correlation_id, again.subject) == (f"m-2-{asked.id}", "m-2", "s")
    assert again.raw_amqp_message.body == {b"n": 1}
    assert again.application_properties == {b"k": 7}
    assert (again.dead_letter_reason, again.delivery_count) == (None, 0)
    assert asked.names == ["in/$DeadLetterQueue/2"]
    assert [one.name for one in dead_letters(app)] == ["in/$DeadLetterQueue/1"]


def test_all_are_counted_or_sent(app: Path, client: ServiceBusClient) -> None:
    give_up(client, ServiceBusMessage(b"b"), topic=True)
    counted, asked = Replay(dry_run=True), Replay()

    replay_dead_letters(app, asked=counted)
    assert (counted.count, waiting(client, topic=True)) == (1, [])
    with pytest.raises(NoSuchFailure, match=r"'in/\$DeadLetterQueue/9'"):
        replay_dead_letters(app, ["in/$DeadLetterQueue/9"], asked=Replay())
    replay_dead_letters(app, asked=asked)

    assert [str(one) for one in waiting(client, topic=True)] == ["b"]
    assert dead_letters(app) == []


def test_a_bus_that_is_away_is_told(tmp_path: Path) -> None:
    away = "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=k;SharedAccessKey=v;UseDevelopmentEmulator=true;"
    with pytest.raises(NotRunning, match="dead letters of 'in' cannot be reached"):
        dead_letters(app_at(tmp_path, away))
