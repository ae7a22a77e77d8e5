"""A message arrived in a Service Bus queue or subscription; results are sent to another queue."""

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import azure.functions as func

from triggers.contract import (
    Binding,
    Event,
    Handler,
    HandRun,
    Listener,
    ListenerContext,
    ScaleContext,
    ScaleRule,
    TriggerAdapter,
    TriggerOptions,
)
from triggers.errors import InvalidOptions
from triggers.http_body import whole
from triggers.polling import PollingListener
from triggers.service_bus_bus import Message
from triggers.service_bus_connection import DEFAULT_CONNECTION, open_namespace
from triggers.service_bus_entity import check_entity_name, trigger_entity
from triggers.service_bus_listener import ServiceBusListener, plan_of
from triggers.service_bus_message import batch_event, message_event
from triggers.service_bus_settings import read_service_bus_settings
from triggers.service_bus_source import ServiceBusSource

_log = logging.getLogger(__name__)

_FUNCTION = "score_bus_message"
_SESSION_WAIT = 30.0
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceBusQueueOptions:
    """The options of the Service Bus queue trigger."""

    input_queue_name: str = "input"
    """Where to wait."""
    output_queue_name: str = "output"
    """Where the answer goes; like the input queue it must be there already."""
    connection: str = "ServiceBusConnectionString"
    """The app setting that holds the namespace's connection string."""

    def __post_init__(self) -> None:
        if check_entity_name(self.input_queue_name).lower() == check_entity_name(self.output_queue_name).lower():
            raise InvalidOptions(
                "The Service Bus queue trigger would answer itself without end: input_queue_name and "
                f"output_queue_name are both {self.input_queue_name!r}. Send the answers to another queue."
            )
        if not self.connection.strip():
            raise InvalidOptions("The Service Bus queue trigger's connection must name an app setting, not be empty.")

    def declare(self, app: func.FunctionApp, handler: Handler) -> None:
        """Add the function `score_bus_message` to the app."""

        @app.function_name(_FUNCTION)
        @app.service_bus_queue_trigger(arg_name="message", queue_name=self.input_queue_name, connection=self.connection)
        @app.service_bus_queue_output(arg_name="$return", queue_name=self.output_queue_name, connection=self.connection)
        async def score_bus_message(message: func.ServiceBusMessage) -> bytes:
            answer = await handler.handle(message.get_body())
            # As bytes an answer that is a JSON array stays one message.
            return answer.encode() if isinstance(answer, str) else whole(answer)


def listen(context: ListenerContext) -> Listener:
    """The listener of one serviceBusTrigger binding; raises InvalidOptions or ConnectionNotConfigured."""
    entity = trigger_entity(context.binding)
    settings = read_service_bus_settings(context.extension)
    wanted_by = f"the Service Bus trigger of function {context.function!r}"
    bus = open_namespace(context.settings, context.binding.option("connection"), settings, wanted_by=wanted_by)
    plan = plan_of(context.binding, settings)
    if not plan.terms.auto_complete:
        _log.warning(
            "%s: autoCompleteMessages is false, and a Python function cannot settle messages itself: each of them "
            "comes again when its lock runs out, until the entity's MaxDeliveryCount.", context.function,
        )  # fmt: skip
    wait = None if plan.session_idle is None else _SESSION_WAIT
    source = ServiceBusSource(lambda prefetch: bus.receiver(entity, prefetch=prefetch, session_wait=wait), plan)
    polling = PollingListener(
        source,
        context.executor,
        name=f"{context.function} at {entity}",
        concurrency=plan.concurrency,
        longest_pause=_LONGEST_PAUSE,
    )
    return ServiceBusListener(polling, source, bus)


async def message_of_text(run: HandRun) -> Event:
    """A message with that text, which is in no queue: delivered for the first time, a moment ago."""
    now = datetime.now(UTC).isoformat()
    custom: Mapping[str, object] = {}
    message = Message(
        id=str(uuid.uuid4()),
        body=run.text.encode(),
        properties={
            "MessageId": str(uuid.uuid4()),
            "DeliveryCount": 1,
            "EnqueuedTimeUtc": now,
            "ApplicationProperties": custom,
            "UserProperties": custom,
        },
    )
    return batch_event([message]) if _are_many(run.binding) else message_event(message)


def _are_many(binding: Binding) -> bool:
    return binding.option("cardinality").lower() == "many"


def scale(context: ScaleContext) -> ScaleRule | None:
    """Replicas by the number of waiting messages, in KEDA's words."""
    binding = context.binding
    names = {key: binding.option(key) for key in ("queueName", "topicName", "subscriptionName")}
    connection = binding.option("connection", f"AzureWebJobs{DEFAULT_CONNECTION}")
    if not names["queueName"] and not names["subscriptionName"]:
        return None
    return ScaleRule(
        scaler="azure-servicebus",
        metadata={
            **{key: name for key, name in names.items() if name},
            "messageCount": "5",
            "connectionFromEnv": connection,
        },
    )


def connections(options: TriggerOptions) -> Mapping[str, str]:
    """The setting that a deployment has to provide, and what it holds."""
    if not isinstance(options, ServiceBusQueueOptions):
        raise InvalidOptions(f"The Service Bus queue trigger takes ServiceBusQueueOptions, not {type(options)!r}.")
    return {
        options.connection: "The Service Bus namespace of the input and output queues: a connection string "
        "('Endpoint=sb://...'), or the one that the local bus prints."
    }


adapter = TriggerAdapter(
    name="service_bus_queue",
    binding_type="serviceBusTrigger",
    extension="serviceBus",
    options=ServiceBusQueueOptions,
    listen=listen,
    extras=("service_bus",),
    connections=connections,
    scale=scale,
    event_of=message_of_text,
    emulator="service-bus",
)
