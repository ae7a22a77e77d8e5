"""triggers.storage_queue"""

import asyncio
import base64
import json

import azure.functions as func
import pytest

from triggers.contract import Binding, Event, FunctionResult, ListenerContext, ScaleContext
from triggers.errors import ConnectionNotConfigured, InvalidOptions
from triggers.folder_queues import FolderQueues
from triggers.storage_queue import QueueOptions, adapter, connections, listen, scale


class Upper:
    """A scoring script that answers in capitals."""

    async def handle_http(self, request: func.HttpRequest) -> func.HttpResponse:
        raise NotImplementedError

    async def handle(self, body: bytes) -> str | bytes:
        return body.decode().upper()


async def test_the_declared_function_waits_at_one_queue_and_answers_to_another():
    app = func.FunctionApp()
    QueueOptions(input_queue="abc", output_queue="def", connection="Other").declare(app, Upper())
    (function,) = app.get_functions()
    bindings = sorted((json.loads(raw) for raw in function.get_raw_bindings()), key=lambda one: one["direction"])
    assert [(b["type"], b["name"], b["queueName"], b["connection"]) for b in bindings] == [
        ("queueTrigger", "message", "abc", "Other"),
        ("queue", "$return", "def", "Other"),
    ]
    assert await function.get_user_function()(func.QueueMessage(body="x")) == b"X"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"input_queue": "same", "output_queue": "SAME"}, "answer itself without end"),
        ({"input_queue": "a_b"}, "'a_b' is no name of a queue"),
        ({"connection": " "}, "must name an app setting"),
    ],
)
def test_bad_options_are_refused_when_made(options, told):
    with pytest.raises(InvalidOptions, match=told):
        QueueOptions(**options)


def trigger(**options: str) -> Binding:
    return Binding(type="queueTrigger", name="m", direction="IN", options=options)


def scaling(**options: str) -> ScaleContext:
    return ScaleContext(binding=trigger(**options), host_id="h")


def test_the_scale_rule_counts_messages():
    rule = scale(scaling(queueName="Work", connection="Store"))
    assert rule is not None
    assert (rule.scaler, dict(rule.metadata)) == (
        "azure-queue", {"queueName": "work", "queueLength": "5", "connectionFromEnv": "Store"},
    )  # fmt: skip
    assert rule.min_replicas == 0
    assert scale(scaling()) is None


def test_the_deployment_is_told_what_to_set():
    assert list(connections(QueueOptions(connection="Mine"))) == ["Mine"]
    with pytest.raises(InvalidOptions, match="not Upper"):
        connections(Upper())  # type: ignore[arg-type]


class NoRoutes:
    def mount(self, template, app, *, methods, auth_level):
        raise AssertionError("A queue trigger mounts nothing.")

    def mount_webhook(self, extension, app):
        raise AssertionError("A queue trigger mounts nothing.")


class Nothing:
    async def execute(self, event: Event) -> FunctionResult:
        return FunctionResult()


def context(store: str, **extension: object) -> ListenerContext:
    return ListenerContext(
        function="f", binding=trigger(queueName="work", connection="Store"), executor=Nothing(), routes=NoRoutes(),
        settings={"Store": store}, extension=extension,
    )  # fmt: skip


async def test_a_folder_is_looked_at_often_however_long_an_account_may_rest(tmp_path):
    queues = FolderQueues(tmp_path)
    listening = context(f"folder:{tmp_path}", maxPollingInterval="00:01:00")
    listener = listen(listening)
    await listener.start()
    # Long enough for pauses to have grown, were they those of an account.
    await asyncio.sleep(0.05)
    await queues.send("work", base64.b64encode(b"x").decode())
    async with asyncio.timeout(2):
        while await queues.count("work"):
            pass
    await listener.stop()


def test_a_folder_needs_an_absolute_path():
    with pytest.raises(ConnectionNotConfigured, match="must be an absolute path"):
        listen(context("folder:data"))


async def test_nothing_is_sent_before_it_starts():
    await listen(context("UseDevelopmentStorage=true")).stop()
    with pytest.raises(InvalidOptions, match="batchSize is 99"):
        listen(context("UseDevelopmentStorage=true", batchSize=99))


def test_the_record_is_complete():
    assert (adapter.name, adapter.binding_type, adapter.extension, adapter.extras) == (
        "storage_queue", "queueTrigger", "queues", ("queue",),
    )  # fmt: skip
