"""A message arrived in a storage queue; results are sent to another queue."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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
from triggers.queue_account import HOST_SETTING, check_queue_name, open_queues
from triggers.queue_settings import read_queue_settings
from triggers.queue_source import QueueSource, message_event
from triggers.queue_store import ReceivedMessage

_FUNCTION = "score_message"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueOptions:
    """The options of the storage queue trigger."""

    input_queue: str = "input"
    """Where to wait."""
    output_queue: str = "output"
    """Where the answer goes; made when it is missing."""
    connection: str = "TriggerConnectionString"
    """The app setting that holds the storage account's connection string."""

    def __post_init__(self) -> None:
        if check_queue_name(self.input_queue) == check_queue_name(self.output_queue):
            raise InvalidOptions(
                f"The storage queue trigger would answer itself without end: input_queue and output_queue are both "
                f"{self.input_queue!r}. Send the answers to another queue."
            )
        if not self.connection.strip():
            raise InvalidOptions("The storage queue trigger's connection must name an app setting, not be empty.")

    def declare(self, app: func.FunctionApp, handler: Handler) -> None:
        """Add the function `score_message` to the app."""

        @app.function_name(_FUNCTION)
        @app.queue_trigger(arg_name="message", queue_name=self.input_queue, connection=self.connection)
        @app.queue_output(arg_name="$return", queue_name=self.output_queue, connection=self.connection)
        async def score_message(message: func.QueueMessage) -> bytes:
            answer = await handler.handle(message.get_body())
            # As bytes an answer that is a JSON array stays one message.
            return answer.encode() if isinstance(answer, str) else whole(answer)


def listen(context: ListenerContext) -> Listener:
    """The listener of one queueTrigger binding; raises InvalidOptions or ConnectionNotConfigured."""
    binding = context.binding
    queue = check_queue_name(binding.option("queueName"))
    wanted_by = f"the queue trigger of function {context.function!r}"
    settings = read_queue_settings(context.extension, context.settings)
    store = open_queues(context.settings, binding.option("connection"), wanted_by=wanted_by)
    return PollingListener(
        QueueSource(store, queue, settings, binary=_is_binary(binding), signals=context.signals),
        context.executor,
        name=f"{context.function} at queue {queue!r}",
        concurrency=settings.concurrency,
        refill_at=settings.new_batch_threshold,
        longest_pause=min(settings.longest_pause, store.longest_pause),
    )


def _is_binary(binding: Binding) -> bool:
    return binding.option("dataType").lower() in {"binary", "stream"}


async def message_of_text(run: HandRun) -> Event:
    """A message with that text, which is in no queue: taken for the first time, a moment ago."""
    now = datetime.now(UTC)
    message = ReceivedMessage(
        id=str(uuid.uuid4()),
        text=run.text,
        pop_receipt="",
        dequeue_count=1,
        inserted=now,
        expires=now + timedelta(days=7),
        next_visible=now,
    )
    return message_event(message, run.text.encode(), binary=_is_binary(run.binding))


def scale(context: ScaleContext) -> ScaleRule | None:
    """Replicas by the number of waiting messages, in KEDA's words."""
    binding = context.binding
    queue = binding.option("queueName").lower()
    if not queue:
        return None
    connection = binding.option("connection", HOST_SETTING)
    return ScaleRule(
        scaler="azure-queue", metadata={"queueName": queue, "queueLength": "5", "connectionFromEnv": connection}
    )


def connections(options: TriggerOptions) -> Mapping[str, str]:
    """The setting that a deployment has to provide, and what it holds."""
    if not isinstance(options, QueueOptions):
        raise InvalidOptions(f"The storage queue trigger takes QueueOptions, not {type(options).__name__}.")
    return {
        options.connection: "The storage account of the input and output queues: a connection string, "
        "'UseDevelopmentStorage=true' for Azurite, or 'folder:/absolute/path'."
    }


adapter = TriggerAdapter(
    name="storage_queue",
    binding_type="queueTrigger",
    extension="queues",
    options=QueueOptions,
    listen=listen,
    extras=("queue",),
    connections=connections,
    scale=scale,
    event_of=message_of_text,
)
