import azure.functions as func
import pytest

from function_host.binding import decoder
from tests.support.memory_bus import message
from triggers.contract import Binding, HandRun, ListenerContext, ScaleContext
from triggers.errors import ConnectionNotConfigured, InvalidOptions
from triggers.service_bus_message import message_event
from triggers.service_bus_queue import ServiceBusQueueOptions, adapter
from triggers.storage_queue import QueueOptions

KEYED = "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=k="


class Handler:
    async def handle(self, body, headers=None):
        return body.decode().upper()


def binding(**options: object) -> Binding:
    return Binding(type="serviceBusTrigger", name="m", direction="IN", options={"connection": "C", **options})


async def test_a_scoring_script_becomes_a_function_between_two_queues():
    app = func.FunctionApp()
    ServiceBusQueueOptions(input_queue_name="in", output_queue_name="out", connection="C").declare(app, Handler())
    (function,) = app.get_functions()
    assert function.get_function_name() == "score_bus_message"
    options = [one.get_dict_repr() for one in function.get_bindings()]
    named = {(one["type"], one["queueName"], one["connection"]) for one in options}
    assert named == {("serviceBusTrigger", "in", "C"), ("serviceBus", "out", "C")}
    answer = await function.get_user_function()(decoder(binding(), None)(message_event(message("m", b"[x]"))))
    assert answer == b"[X]"


def test_names_that_cannot_work_are_refused():
    with pytest.raises(InvalidOptions, match=r"would answer itself without end.*'Q'"):
        ServiceBusQueueOptions(input_queue_name="Q", output_queue_name="q")
    with pytest.raises(InvalidOptions, match="'a b' is no name"):
        ServiceBusQueueOptions(input_queue_name="a b")
    with pytest.raises(InvalidOptions, match="must name an app setting"):
        ServiceBusQueueOptions(connection=" ")


def test_the_setting_that_a_deployment_provides():
    assert list(adapter.connections(ServiceBusQueueOptions())) == ["ServiceBusConnectionString"]
    with pytest.raises(InvalidOptions, match="takes ServiceBusQueueOptions"):
        adapter.connections(QueueOptions())


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"queueName": "q"}, {"queueName": "q"}),
        ({"topicName": "t", "subscriptionName": "s"}, {"topicName": "t", "subscriptionName": "s"}),
    ],
)
def test_replicas_follow_the_number_of_messages(options, names):
    rule = adapter.scale(ScaleContext(binding=binding(**options), host_id="h"))
    assert rule is not None
    assert rule.scaler == "azure-servicebus"
    assert rule.metadata == {**names, "messageCount": "5", "connectionFromEnv": "C"}


def test_without_an_entity_there_is_nothing_to_count():
    assert adapter.scale(ScaleContext(binding=binding(), host_id="h")) is None


@pytest.mark.parametrize("options", [{}, {"cardinality": "many"}])
async def test_a_function_run_by_hand_gets_a_message(options):
    trigger = binding(queueName="q", **options)
    event = await adapter.event_of(HandRun(function="f", binding=trigger, settings={}, text="hello"))
    value = decoder(trigger, None)(event)
    one = value[0] if options else value
    assert one.get_body() == b"hello"
    assert one.delivery_count == 1


def context(settings: dict[str, str], **options: object) -> ListenerContext:
    return ListenerContext(
        function="f", binding=binding(queueName="q", **options), executor=None, routes=None, settings=settings,
        extension={"maxConcurrentCalls": 2},
    )  # fmt: skip


async def test_a_listener_is_made_without_reaching_for_the_service(caplog):
    listener = adapter.listen(context({"C": KEYED}, autoCompleteMessages=False))
    await listener.stop()
    assert "f: autoCompleteMessages is false" in caplog.text


def test_a_setting_that_is_missing_names_the_function():
    with pytest.raises(ConnectionNotConfigured, match="'C' is not set, but the Service Bus trigger of function 'f'"):
        adapter.listen(context({}))
