"""How Service Bus triggers and outputs behave on Azure, one test per row of the conformance table, and what we add."""

import asyncio
import json
from datetime import timedelta

import pytest
from azure.servicebus import ServiceBusMessage, ServiceBusSubQueue
from azure.servicebus.aio import ServiceBusClient
from azure.servicebus.amqp import AmqpAnnotatedMessage

from infra.emulators.service_bus.broker.config import (
    CorrelationFilter,
    NamespaceConfig,
    QueueConfig,
    RuleConfig,
    SubscriptionConfig,
    TopicConfig,
)
from infra.emulators.service_bus.emulator import ServiceBusEmulator

pytestmark = pytest.mark.service_bus

WORK = """
import asyncio
runs = []
@app.service_bus_queue_trigger(arg_name="message", connection="Bus", queue_name=%r%s)
@app.service_bus_queue_output(arg_name="$return", connection="Bus", queue_name="out")
async def work(message: func.ServiceBusMessage):
    runs.append(message)
    body = message.get_body()
    if body == b"bad":
        raise ValueError("bad")
    if body == b"slow":
        await asyncio.sleep(3)
    return body
"""
MANY = """
from typing import List
runs = []
@app.service_bus_queue_trigger(arg_name="messages", connection="Bus", queue_name="in", cardinality="many")
def work(messages: List[func.ServiceBusMessage]) -> None:
    runs.append(messages)
    if any(message.get_body() == b"bad" for message in messages):
        raise ValueError("bad")
"""
CONFIG = NamespaceConfig(
    queues=(
        QueueConfig(name="in", duplicate_window=timedelta(minutes=1)),
        QueueConfig(name="out", duplicate_window=timedelta(minutes=1)),
        QueueConfig(name="short", lock_duration=timedelta(seconds=1)),
        QueueConfig(name="sessions", requires_session=True, lock_duration=timedelta(seconds=2)),
        QueueConfig(name="answers", requires_session=True),
    ),
    topics=(
        TopicConfig(
            name="news",
            subscriptions=(
                SubscriptionConfig(
                    name="red", rules=(RuleConfig(filter=CorrelationFilter(properties={"colour": "red"})),)
                ),
                SubscriptionConfig(name="all"),
            ),
        ),
    ),
)


async def until(condition) -> None:
    async with asyncio.timeout(15):
        while not condition():  # noqa: ASYNC110 - the condition is somebody else's state
            await asyncio.sleep(0.02)


class Bus:
    """A namespace and a client that sends to it."""

    def __init__(self, emulator: ServiceBusEmulator, client: ServiceBusClient) -> None:
        self.emulator = emulator
        self.client = client
        self.settings = {"Bus": emulator.connection_string}

    async def send(self, queue: str, *messages: object) -> None:
        async with self.client.get_queue_sender(queue) as sender:
            await sender.send_messages([m if not isinstance(m, str) else ServiceBusMessage(m) for m in messages])

    def waiting(self, queue: str) -> list:
        entity = self.emulator.namespace.entity(queue)
        return list(entity.peek(from_sequence_number=0, limit=10_000, session_id=None))

    async def taken(self, queue: str, count: int, **options):
        async with self.client.get_queue_receiver(queue, **options) as receiver:
            return await receiver.receive_messages(count, max_wait_time=5)


@pytest.fixture
async def bus():
    async with (
        ServiceBusEmulator(config=CONFIG) as emulator,
        ServiceBusClient.from_connection_string(emulator.connection_string) as client,
    ):
        yield Bus(emulator, client)


@pytest.fixture
def serve(bus, serve):
    """The host ends before the bus does: nothing is torn down while it is in use."""
    return serve


def runs() -> list:
    import function_app

    return function_app.runs


async def test_row_70_a_message_is_completed_when_its_function_ends(app, bus):
    await bus.send("in", "good")
    await app(WORK % ("in", ""), settings=bus.settings)
    await until(lambda: bus.waiting("out") and not bus.waiting("in"))
    assert [message.get_body() for message in runs()] == [b"good"]


async def test_row_71_a_message_that_always_fails_comes_again_and_is_dead_lettered_by_the_service(app, bus):
    await bus.send("in", "bad")
    await app(WORK % ("in", ""), settings=bus.settings)
    await until(lambda: bus.waiting("in/$DeadLetterQueue"))
    assert [message.delivery_count for message in runs()] == [1, 2, 3]
    (dead,) = await bus.taken("in", 1, sub_queue=ServiceBusSubQueue.DEAD_LETTER)
    assert dead.dead_letter_reason == "MaxDeliveryCountExceeded"
    assert not bus.waiting("out")


@pytest.mark.parametrize("body", ["good", "bad"])
async def test_row_72_messages_that_come_together_succeed_or_fail_together(app, bus, body):
    await bus.send("in", "one", body, ServiceBusMessage(b"\xff"))
    await app(MANY, settings=bus.settings)
    await until(lambda: not bus.waiting("in"))
    assert [m.get_body() for m in runs()[0]] == [b"one", body.encode(), b"\xff"]
    dead = bus.waiting("in/$DeadLetterQueue")
    assert len(dead) == (0 if body == "good" else 3)
    assert [run[0].delivery_count for run in runs()] == ([1] if body == "good" else [1, 2, 3])


async def test_row_73_custom_properties_and_subject(app, bus):
    await bus.send("in", ServiceBusMessage("x", application_properties={"k": 1, "t": "ü"}, subject="s"))
    await app(WORK % ("in", ""), settings=bus.settings)
    await until(runs)
    (message,) = runs()
    assert message.application_properties == message.user_properties == {"k": 1, "t": "ü"}
    assert message.label == message.subject == "s"


TWO = """
runs = []
@app.service_bus_queue_trigger(arg_name="message", connection="Bus", queue_name="in")
@app.service_bus_queue_output(arg_name="second", connection="Bus", queue_name="gone")
@app.service_bus_queue_output(arg_name="first", connection="Bus", queue_name="out")
def work(message: func.ServiceBusMessage, first: func.Out[str], second: func.Out[str]) -> None:
    runs.append(message)
    first.set("answer")
    second.set("never sent")
"""
OUTPUT = """
@app.service_bus_queue_trigger(arg_name="message", connection="Bus", queue_name="in")
@app.service_bus_queue_output(arg_name="out", connection="Bus", queue_name="out")
def work(message: func.ServiceBusMessage, out: func.Out[%s]) -> None:
    out.set(%s)
"""


@pytest.mark.parametrize(
    ("kind", "value", "bodies", "content_type"),
    [
        ("str", """'["a", {"b": 1}]'""", [b"a", b'{"b": 1}'], "text/plain"),
        ("str", "'ü'", ["ü".encode()], "text/plain"),
        ("bytes", "b'[1]'", [b"[1]"], "application/octet-stream"),
    ],
)
async def test_row_74_an_array_is_as_many_messages(app, bus, kind, value, bodies, content_type):
    await bus.send("in", "x")
    await app(OUTPUT % (kind, value), settings=bus.settings)
    await until(lambda: len(bus.waiting("out")) == len(bodies))
    messages = await bus.taken("out", len(bodies))
    assert [b"".join(message.body) for message in messages] == bodies
    assert {message.content_type for message in messages} == {content_type}


async def test_an_answer_carries_what_identifies_its_cause(app, bus):
    properties = {"traceparent": "00-1-2-01", "other": "x"}
    question = ServiceBusMessage("x", message_id="m1", reply_to_session_id="s1", application_properties=properties)
    await bus.send("in", question)
    await app((WORK % ("in", "")).replace('"out"', '"answers"'), settings=bus.settings)
    (answer,) = await bus.taken("answers", 1, session_id="s1")
    assert (answer.correlation_id, answer.session_id) == ("m1", "s1")
    assert answer.application_properties == {b"traceparent": b"00-1-2-01"}


async def test_an_answer_that_is_sent_again_is_a_duplicate(app, bus, monkeypatch):
    monkeypatch.setattr("triggers.service_bus_delivery._FIRST_PAUSE", 0.01)
    await bus.send("in", ServiceBusMessage("x", message_id="m1"))
    await app(TWO, settings=bus.settings)
    await until(lambda: bus.waiting("in/$DeadLetterQueue"))
    assert len(runs()) == 3
    assert len(bus.waiting("out")) == 1


async def test_a_function_that_takes_longer_than_the_lock_gets_its_message_once(app, bus):
    await bus.send("short", "slow")
    await app(WORK % ("short", ""), settings=bus.settings)
    await until(lambda: bus.waiting("out"))
    await until(lambda: not bus.waiting("short"))
    assert [message.delivery_count for message in runs()] == [1]


async def test_a_message_whose_answer_cannot_be_sent_is_not_completed(app, bus, monkeypatch):
    monkeypatch.setattr("triggers.service_bus_delivery._FIRST_PAUSE", 0.01)
    await bus.send("in", "x")
    await app((WORK % ("in", "")).replace('"out"', '"gone"'), settings=bus.settings)
    await until(lambda: bus.waiting("in/$DeadLetterQueue"))
    assert len(runs()) == 3


async def test_an_answer_that_is_too_large_is_told_of(app, bus, caplog):
    await bus.send("in", "x")
    await app((WORK % ("in", "")).replace("return body", "return body * 300_000"), settings=bus.settings)
    await until(lambda: bus.waiting("in/$DeadLetterQueue"))
    assert "is larger than it takes" in caplog.text


@pytest.mark.parametrize(
    ("function", "body", "reason"),
    [("message.get_body().decode()", b"\xff", "BodyIsNoText"), ("message.get_body() and json.loads(message.get_body())",
     b"{", "BodyIsNoJson")],
)  # fmt: skip
async def test_a_body_that_no_attempt_will_read_is_dead_lettered_with_its_reason(app, bus, function, body, reason):
    await bus.send("in", ServiceBusMessage(body))
    await app(
        "import json\n" + (WORK % ("in", "")).replace("return body", f"return str({function})"), settings=bus.settings
    )
    await until(lambda: bus.waiting("in/$DeadLetterQueue"))
    (dead,) = await bus.taken("in", 1, sub_queue=ServiceBusSubQueue.DEAD_LETTER)
    assert dead.dead_letter_reason == reason
    assert "Error" in dead.dead_letter_error_description
    assert len(runs()) == 1


async def test_a_body_that_is_no_data_never_reaches_the_function(app, bus):
    async with bus.client.get_queue_sender("in") as sender:
        await sender.send_messages(AmqpAnnotatedMessage(value_body={"a": 1}))
        await sender.send_messages(AmqpAnnotatedMessage(sequence_body=[[1, 2]]))
        await sender.send_messages(AmqpAnnotatedMessage(value_body="text"))
    await app(WORK % ("in", ""), settings=bus.settings)
    await until(lambda: len(bus.waiting("in/$DeadLetterQueue")) == 2 and not bus.waiting("in"))
    assert [message.get_body() for message in runs()] == [b"text"]
    dead = await bus.taken("in", 2, sub_queue=ServiceBusSubQueue.DEAD_LETTER)
    assert {message.dead_letter_reason for message in dead} == {"BodyIsNoData"}


TOPIC = """
runs = []
@app.service_bus_topic_trigger(arg_name="message", connection="Bus", topic_name="news", subscription_name="red")
def work(message: func.ServiceBusMessage) -> None:
    runs.append(message)

@app.route(route="tell")
@app.service_bus_topic_output(arg_name="out", connection="Bus", topic_name="news")
def tell(req: func.HttpRequest, out: func.Out[str]) -> str:
    out.set("told")
    return "ok"
"""


async def test_topics_and_subscriptions(app, bus):
    _, client = await app(TOPIC, settings=bus.settings)
    async with bus.client.get_topic_sender("news") as sender:
        await sender.send_messages(ServiceBusMessage("blue"))
        await sender.send_messages(ServiceBusMessage("red", application_properties={"colour": "red"}))
    assert (await client.get("/api/tell")).text == "ok"
    await until(lambda: len(bus.waiting("news/Subscriptions/all")) == 3)
    await until(runs)
    assert [message.get_body() for message in runs()] == [b"red"]


async def test_a_session_is_in_order_and_sessions_run_beside_each_other(app, bus):
    texts = [ServiceBusMessage(f"{session}{n}", session_id=session) for n in range(5) for session in "ab"]
    await bus.send("sessions", *texts)
    await app(WORK % ("sessions", ", is_sessions_enabled=True"), settings=bus.settings)
    await until(lambda: len(bus.waiting("out")) == 10)
    seen = [(message.session_id, message.get_body().decode()) for message in runs()]
    for session in "ab":
        assert [text for one, text in seen if one == session] == [f"{session}{n}" for n in range(5)]


async def test_a_session_stays_locked_while_its_function_runs(app, bus):
    await bus.send("sessions", ServiceBusMessage("slow", session_id="s"))
    await app(WORK % ("sessions", ", is_sessions_enabled=True"), settings=bus.settings)
    await until(lambda: bus.waiting("out") and not bus.waiting("sessions"))
    assert [(message.get_body(), message.delivery_count) for message in runs()] == [(b"slow", 1)]


async def test_a_session_that_somebody_else_holds_is_left_alone_until_it_is_free(app, bus):
    held, free = ServiceBusMessage("held", session_id="held"), ServiceBusMessage("free", session_id="free")
    await bus.send("sessions", held, free)
    async with bus.client.get_queue_receiver("sessions", session_id="held") as other:
        await app(WORK % ("sessions", ", is_sessions_enabled=True"), settings=bus.settings)
        await until(runs)
        await other.session.renew_lock()
        assert [message.get_body() for message in runs()] == [b"free"]
    await until(lambda: len(bus.waiting("out")) == 2)


async def test_messages_are_left_alone_that_a_function_must_settle_itself(app, bus, caplog):
    await bus.send("short", "x")
    await app(WORK % ("short", ", auto_complete_messages=False"), settings=bus.settings)
    await until(lambda: len(runs()) == 2)
    assert "autoCompleteMessages is false" in caplog.text


async def test_an_unknown_queue_is_told_of_and_waited_for(app, bus, caplog):
    await app(WORK % ("unknown", ""), settings=bus.settings)
    assert "There is no queue 'unknown' of the Service Bus namespace" in caplog.text


async def test_settings_that_cannot_be_used_fail_the_function_alone(app, bus):
    host_json = json.dumps(
        {"version": "2.0", "extensions": {"serviceBus": {"maxConcurrentCalls": 0, "prefetchCount": -1}}}
    )
    host, client = await app(WORK % ("in", ""), settings=bus.settings, host_json=host_json)
    master = {"x-functions-key": (await host.keys.master()).value}
    (error,) = (await client.get("/admin/functions/work/status", headers=master)).json()["errors"]
    assert "maxConcurrentCalls is 0" in error
    assert "prefetchCount is -1" in error


SCORING = """
from function_host.scoring import scoring_app
app = scoring_app(
    __file__, entry_script="score.py", model_dir="models",
    service_bus_queue={"input_queue_name": "in", "output_queue_name": "out", "connection": "Bus"},
)
"""
SCORE = """
import json
def init(): pass
def run(data):
    return [value * 2 for value in json.loads(data)["values"]]
"""


async def test_a_scoring_script_answers_messages_and_what_is_no_text_or_no_json_is_moved_aside(write_app, serve, bus):
    files = {"function_app.py": SCORING, "score.py": SCORE, "host.json": '{"version": "2.0"}'}
    await bus.send(
        "in", ServiceBusMessage('{"values": [1, 2]}', message_id="m1"), ServiceBusMessage(b"\xff"), "no json"
    )
    await serve(write_app(files), bus.settings)
    await until(lambda: bus.waiting("out") and len(bus.waiting("in/$DeadLetterQueue")) == 2)
    (answer,) = await bus.taken("out", 1)
    assert (b"".join(answer.body), answer.correlation_id) == (b"[2, 4]", "m1")
    dead = await bus.taken("in", 2, sub_queue=ServiceBusSubQueue.DEAD_LETTER)
    assert {message.dead_letter_reason for message in dead} == {"BodyIsNoText", "BodyIsNoJson"}


async def test_messages_that_are_waited_with_for_others_keep_their_locks(app, bus):
    await bus.send("short", "a", "b")
    section = {"minMessageBatchSize": 3, "maxBatchWaitTime": "00:00:03"}
    host_json = json.dumps({"version": "2.0", "extensions": {"serviceBus": section}})
    source = MANY.replace('queue_name="in"', 'queue_name="short"')
    await app(source, settings=bus.settings, host_json=host_json)
    await until(lambda: runs() and not bus.waiting("short"))
    assert [[message.delivery_count for message in run] for run in runs()] == [[1, 1]]


async def test_many_messages_that_run_longer_than_their_locks_come_once(app, bus):
    await bus.send("short", *[str(number) for number in range(50)])
    source = MANY.replace('queue_name="in"', 'queue_name="short"').replace("def work", "async def work")
    await app(
        source.replace("    if any(", "    import asyncio; await asyncio.sleep(3)\n    if any("), settings=bus.settings
    )
    await until(lambda: runs() and not bus.waiting("short"))
    bodies = [message.get_body() for run in runs() for message in run]
    assert sorted(bodies) == sorted(str(number).encode() for number in range(50))
