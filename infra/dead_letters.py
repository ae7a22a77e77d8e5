"""Read the messages that Service Bus gave up for an app's functions, and send them again."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from azure.servicebus import ServiceBusReceivedMessage, ServiceBusSubQueue
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver, ServiceBusSender
from azure.servicebus.amqp import AmqpAnnotatedMessage, AmqpMessageProperties
from azure.servicebus.exceptions import ServiceBusError

from infra.app_run import RunningFunction
from infra.app_settings import AppSettings, app_functions, app_settings
from infra.bus_entities import DEAD_LETTERS, bus_functions
from infra.errors import NotRunning
from infra.failures import no_such_failure
from infra.replaying import Replay
from packager.waiting import waited_for
from triggers import Binding
from triggers.service_bus_connection import open_bus

_PEEKED = 100
_TAKEN = 50
_LONGEST_BODY = 2000
_LONGEST_ID = 128
# Why the service gives a message up: all its deliveries had failed by then, and no receiver had it.
_BY_ITSELF = ("MaxDeliveryCountExceeded", "TTLExpiredException")
_REASONS = ("DeadLetterReason", "DeadLetterErrorDescription")
_OF_THE_SERVICE, _PARTITION_KEY = "x-opt-", "x-opt-partition-key"
# Seconds without another message after which a queue counts as read.
_PATIENCE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One message that was given up: a function failed for it too often, or it waited too long."""

    function: str
    name: str
    """`<queue>/$DeadLetterQueue/<sequence number>`, or with `<topic>/Subscriptions/<subscription>` before it."""
    when: datetime
    """When it was sent first."""
    attempts: int
    reason: str
    description: str
    message_id: str
    correlation_id: str
    body: str
    """Its beginning, as text."""

    @property
    def error(self) -> str:
        """Reason and description in one line."""
        return ": ".join(part for part in (self.reason, self.description) if part)

    def as_document(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "function": self.function,
            "name": self.name,
            "reason": self.reason,
            "description": self.description,
            "attempt": self.attempts,
            "messageId": self.message_id,
            "correlationId": self.correlation_id,
            "time": self.when.isoformat(timespec="milliseconds"),
            "body": self.body,
        }


def dead_letters(app: Path, *, data_dir: Path | None = None) -> list[DeadLetter]:
    """The messages that were given up for the app's functions, by function and age; none is taken.

    Raises InvalidRunRequest, ConnectionNotConfigured and NotRunning.
    """
    settings = app_settings(app, data_dir=data_dir)

    async def read() -> list[DeadLetter]:
        return [one for function in bus_functions(app_functions(settings)) async for one in _peeked(settings, function)]

    return waited_for(read())


def replay_dead_letters(app: Path, names: Sequence[str] = (), *, asked: Replay, data_dir: Path | None = None) -> None:
    """Send the messages of these names, by default all, to their queue or topic again; then they are given up no more.

    A message of a subscription goes to its topic, so the topic's other subscriptions get it, too. Each has a new
    message id, or duplicate detection might drop it. Raises NoSuchFailure and what `dead_letters` raises.
    """
    settings = app_settings(app, data_dir=data_dir)

    async def run() -> None:
        wanted = set(names)
        for function in bus_functions(app_functions(settings)):
            found = {one.name async for one in _peeked(settings, function) if not names or one.name in wanted}
            wanted -= found
            for name in found:
                asked.add(name)
            if found and not asked.dry_run:
                await _send_again(settings, function, found, asked.id)
        if wanted:
            raise no_such_failure(sorted(wanted))

    waited_for(run())


async def _peeked(settings: AppSettings, function: RunningFunction) -> AsyncIterator[DeadLetter]:
    async with _client(settings, function) as client, _dead_letters_of(client, function.trigger) as receiver:
        after = 0
        while page := await receiver.peek_messages(_PEEKED, sequence_number=after + 1):
            for message in page:
                after = max(after, message.sequence_number or 0)
                yield _letter(function, message)


async def _send_again(settings: AppSettings, function: RunningFunction, names: set[str], replay: str) -> None:
    """First each is sent, then it is taken: what comes between makes a second one, but loses none."""
    left, others = set(names), []
    async with _client(settings, function) as client, _dead_letters_of(client, function.trigger) as receiver:
        async with _sender_to(client, function.trigger) as sender:
            while left:
                page = await receiver.receive_messages(_TAKEN, max_wait_time=_PATIENCE)
                if not page:
                    break
                for message in page:
                    name = _name(function.trigger, message)
                    if name not in left:
                        others.append(message)
                        continue
                    await sender.send_messages(_anew(message, replay))
                    await receiver.complete_message(message)
                    left.discard(name)
        for message in others:
            await receiver.abandon_message(message)
    if left:
        raise NotRunning(f"{len(left)} messages could not be taken, as somebody else has them now: {sorted(left)[:3]}.")


def _anew(message: ServiceBusReceivedMessage, replay: str) -> AmqpAnnotatedMessage:
    """The same message without what the service noted on it; its answer will name the message that was given up."""
    raw = message.raw_amqp_message
    raw.delivery_annotations = None
    if raw.header is not None:
        raw.header.delivery_count = None
    raw.annotations = {
        key: value
        for key, value in (raw.annotations or {}).items()
        if not _text(key).startswith(_OF_THE_SERVICE) or _text(key) == _PARTITION_KEY
    }
    raw.application_properties = {
        key: value for key, value in (raw.application_properties or {}).items() if _text(key) not in _REASONS
    }
    properties = raw.properties = raw.properties or AmqpMessageProperties()
    properties.correlation_id = properties.correlation_id or message.message_id
    properties.message_id = f"{message.message_id or ''}-{replay}"[-_LONGEST_ID:]
    # Its time to live begins anew.
    properties.creation_time = properties.absolute_expiry_time = None
    return raw


@asynccontextmanager
async def _client(settings: AppSettings, function: RunningFunction) -> AsyncIterator[ServiceBusClient]:
    wanted_by = f"the Service Bus trigger of function {function.name!r}"
    client = open_bus(settings.values, function.trigger.option("connection"), wanted_by=wanted_by)
    try:
        async with client:
            yield client
    except ServiceBusError as cause:
        raise NotRunning(f"The dead letters of {_entity(function.trigger)!r} cannot be reached: {cause}") from cause


def _dead_letters_of(client: ServiceBusClient, trigger: Binding) -> ServiceBusReceiver:
    if queue := trigger.option("queueName"):
        return client.get_queue_receiver(queue, sub_queue=ServiceBusSubQueue.DEAD_LETTER)
    return client.get_subscription_receiver(
        trigger.option("topicName"), trigger.option("subscriptionName"), sub_queue=ServiceBusSubQueue.DEAD_LETTER
    )


def _sender_to(client: ServiceBusClient, trigger: Binding) -> ServiceBusSender:
    queue = trigger.option("queueName")
    return client.get_queue_sender(queue) if queue else client.get_topic_sender(trigger.option("topicName"))


def _letter(function: RunningFunction, message: ServiceBusReceivedMessage) -> DeadLetter:
    return DeadLetter(
        function=function.name,
        name=_name(function.trigger, message),
        when=message.enqueued_time_utc or datetime.min.replace(tzinfo=UTC),
        attempts=(message.delivery_count or 0) + (message.dead_letter_reason not in _BY_ITSELF),
        reason=message.dead_letter_reason or "",
        description=message.dead_letter_error_description or "",
        message_id=message.message_id or "",
        correlation_id=message.correlation_id or "",
        body=str(message)[:_LONGEST_BODY],
    )


def _name(trigger: Binding, message: ServiceBusReceivedMessage) -> str:
    return f"{_entity(trigger)}{DEAD_LETTERS}{message.sequence_number}"


def _entity(trigger: Binding) -> str:
    queue = trigger.option("queueName")
    return queue or f"{trigger.option('topicName')}/Subscriptions/{trigger.option('subscriptionName')}"


def _text(key: str | bytes) -> str:
    return key.decode() if isinstance(key, bytes) else key
