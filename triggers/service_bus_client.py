"""A Service Bus namespace by the SDK: its receivers and senders, and its errors in our words."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar, cast

from azure.servicebus import (
    NEXT_AVAILABLE_SESSION,
    ServiceBusMessage,
    ServiceBusReceivedMessage,
    ServiceBusSubQueue,
    TransportType,
)
from azure.servicebus import exceptions as sdk
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver, ServiceBusSender

from triggers.connections import Connection
from triggers.errors import DeliveryLost, MessageRefused, SourceUnavailable, TriggerError
from triggers.service_bus_bus import Message, Outgoing, Receiver, Sender
from triggers.service_bus_connection import namespace
from triggers.service_bus_entity import Entity
from triggers.service_bus_message import received
from triggers.service_bus_settings import ServiceBusSettings
from triggers.storage_account import credential_maker

_LOST = (sdk.MessageLockLostError, sdk.SessionLockLostError, sdk.MessageAlreadySettled, sdk.MessageNotFoundError)
_REFUSED = (sdk.ServiceBusAuthenticationError, sdk.ServiceBusAuthorizationError)
_PASSING = (
    sdk.ServiceBusConnectionError,
    sdk.ServiceBusCommunicationError,
    sdk.ServiceBusServerBusyError,
    sdk.OperationTimeoutError,
    OSError,
)
_T = TypeVar("_T")


class ServiceBus:
    """A namespace; every receiver and sender has a connection of its own, as the SDK makes it."""

    def __init__(self, connection: Connection, settings: ServiceBusSettings) -> None:
        # What goes wrong is told by us, once, rather than with a traceback for every attempt.
        logger = logging.getLogger("azure.servicebus")
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.CRITICAL)
        self._setting = connection.setting
        options = dict(settings.client)
        if settings.over_websockets:
            options["transport_type"] = TransportType.AmqpOverWebsocket
        self._retry = settings.retry
        # We try again ourselves, and only what may succeed: the SDK would also send again what is too large.
        self._client = sdk_client(connection, {**options, "retry_total": 0})

    def receiver(self, entity: Entity, *, prefetch: int, session_wait: float | None) -> Receiver:
        """Of the entity, or of the next free session, for which it waits `session_wait` seconds."""
        options: dict[str, Any] = {"prefetch_count": prefetch}
        if session_wait is not None:
            options |= {"session_id": NEXT_AVAILABLE_SESSION, "max_wait_time": session_wait}
        if entity.is_dead_letter:
            options["sub_queue"] = ServiceBusSubQueue.DEAD_LETTER
        if entity.is_topic:
            made = self._client.get_subscription_receiver(entity.name, entity.subscription, **options)
        else:
            made = self._client.get_queue_receiver(entity.name, **options)
        return SdkReceiver(made, self._teller(entity))

    def sender(self, entity: Entity) -> Sender:
        client = self._client
        made = client.get_topic_sender(entity.name) if entity.is_topic else client.get_queue_sender(entity.name)
        return SdkSender(made, self._teller(entity), self._retry.pauses)

    async def close(self) -> None:
        await self._client.close()

    def _teller(self, entity: Entity) -> "Teller":
        return Teller(entity, self._client.fully_qualified_namespace, self._setting)


def sdk_client(connection: Connection, options: Mapping[str, Any]) -> ServiceBusClient:
    """A client that closes its credential with itself; raises ConnectionNotConfigured."""
    if not connection.section:
        return ServiceBusClient.from_connection_string(connection.text, **options)
    return _WithIdentity(namespace(connection), credential_maker(connection)(), **options)


class _WithIdentity(ServiceBusClient):
    def __init__(self, host: str, credential: Any, **options: Any) -> None:
        super().__init__(host, credential, **options)
        self._identity = credential

    async def close(self) -> None:
        await super().close()
        await self._identity.close()


class Teller:
    """Says in full sentences what the SDK's errors at one entity mean."""

    def __init__(self, entity: Entity, host: str, setting: str) -> None:
        self._entity = entity
        self._host = host
        self._setting = setting

    async def told(self, call: Awaitable[_T]) -> _T:
        """What the call gives; raises DeliveryLost, MessageRefused or SourceUnavailable for what it raises."""
        try:
            return await call
        except _LOST as error:
            raise DeliveryLost(
                f"The lock on a message or session of {self._entity} was lost, or the message was settled already "
                f"({error}). It comes again if nobody else completes it."
            ) from error
        except (sdk.ServiceBusError, ValueError, OSError) as error:
            raise self._error(error) from error

    async def told_of_lock(self, call: Awaitable[_T]) -> _T:
        """Like `told`, for what a link does with the messages that it brought: they are lost with it."""
        try:
            return await self.told(call)
        except SourceUnavailable as error:
            if isinstance(error.__cause__, ValueError):
                raise DeliveryLost(
                    f"The link to {self._entity} that brought a message was closed ({error.__cause__}). The message "
                    "comes again when its lock ends."
                ) from error
            raise

    def _error(self, error: Exception) -> TriggerError:
        place = f"{self._entity} of the Service Bus namespace {self._host!r}"
        if isinstance(error, sdk.MessageSizeExceededError):
            return MessageRefused(f"A message for {place} is larger than it takes: {error}")
        if isinstance(error, sdk.MessagingEntityNotFoundError):
            return SourceUnavailable(f"There is no {place}. Make it, or correct the name in the binding.")
        if isinstance(error, _REFUSED):
            return SourceUnavailable(
                f"{place[0].upper()}{place[1:]} refuses the credential in the app setting {self._setting!r}: check the "
                f"key or identity, and its rights to listen or send. ({error})"
            )
        if isinstance(error, sdk.ServiceBusQuotaExceededError):
            return SourceUnavailable(f"{place[0].upper()}{place[1:]} is full: {error}")
        return SourceUnavailable(f"{place[0].upper()}{place[1:]} cannot be used now: {type(error).__name__}: {error}")


class SdkReceiver:
    """One AMQP link of the SDK."""

    def __init__(self, receiver: ServiceBusReceiver, teller: Teller) -> None:
        self._receiver = receiver
        self._told = teller.told
        self._told_of_lock = teller.told_of_lock

    @property
    def session(self) -> str | None:
        session = self._receiver.session
        return None if session is None else str(session.session_id)

    async def open(self) -> bool:
        """Connect; False when no session was free in time. Raises SourceUnavailable."""
        try:
            await self._told(self._receiver.__aenter__())
        except SourceUnavailable as error:
            if self._receiver.session is not None and isinstance(
                error.__cause__, sdk.OperationTimeoutError | sdk.SessionCannotBeLockedError
            ):
                return False
            raise
        return True

    async def receive(self, limit: int, *, timeout: float) -> Sequence[Message]:
        """At most `limit` messages, none after `timeout` seconds; raises SourceUnavailable or DeliveryLost."""
        messages = await self._told(self._receiver.receive_messages(limit, timeout))
        taken = [received(message) for message in messages]
        for message in messages:
            _leave_to_the_service(message)
        return taken

    async def complete(self, message: Message) -> None:
        await self._told_of_lock(self._receiver.complete_message(_handle(message)))

    async def abandon(self, message: Message) -> None:
        await self._told_of_lock(self._receiver.abandon_message(_handle(message)))

    async def dead_letter(self, message: Message, *, reason: str, description: str) -> None:
        await self._told_of_lock(
            self._receiver.dead_letter_message(_handle(message), reason=reason, error_description=description)
        )

    async def renew(self, message: Message) -> datetime | None:
        """Hold the message's lock for longer, or that of its session; raises DeliveryLost or SourceUnavailable."""
        if self._receiver.session is not None:
            await self.renew_session()
            return None
        handle = _handle(message)
        until = await self._told_of_lock(self._receiver.renew_message_lock(handle))
        _leave_to_the_service(handle)
        return until

    async def renew_session(self) -> datetime | None:
        session = self._receiver.session
        return None if session is None else await self._told_of_lock(session.renew_lock())

    async def close(self) -> None:
        await self._receiver.close()


class SdkSender:
    """One AMQP link of the SDK, opened by the first message."""

    def __init__(self, sender: ServiceBusSender, teller: Teller, pauses: Sequence[float]) -> None:
        self._sender = sender
        self._told = teller.told
        self._pauses = pauses
        # A link may send one thing at a time; while one pauses, the others find out for themselves.
        self._one = asyncio.Lock()

    async def send(self, messages: Sequence[Outgoing]) -> None:
        """Send all, several at once where they fit; raises MessageRefused before any is sent, or SourceUnavailable."""
        if len(messages) == 1:
            await self._tried(partial(self._sender.send_messages, _sdk_message(messages[0])))
            return
        batches = [await self._tried(self._sender.create_message_batch)]
        for message in messages:
            one = _sdk_message(message)
            try:
                batches[-1].add_message(one)
            except sdk.MessageSizeExceededError:
                batches.append(await self._tried(self._sender.create_message_batch))
                await self._told(_added(batches[-1], one))
        for batch in batches:
            await self._tried(partial(self._sender.send_messages, batch))

    async def _tried(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """What the call gives, perhaps only after pauses."""
        for pause in self._pauses:
            try:
                async with self._one:
                    return await self._told(call())
            except SourceUnavailable as error:
                if not isinstance(error.__cause__, _PASSING):
                    raise
                await asyncio.sleep(pause)
        async with self._one:
            return await self._told(call())

    async def close(self) -> None:
        await self._sender.close()


async def _added(batch: Any, message: ServiceBusMessage) -> None:
    """So that a message which fits in no batch is told of like every other error."""
    batch.add_message(message)


def _leave_to_the_service(message: ServiceBusReceivedMessage) -> None:
    """Let the service say if a lock has ended: the client refuses to settle by this machine's clock."""
    message._expiry = datetime.max.replace(tzinfo=UTC)  # noqa: SLF001 - nothing public turns that check off


def _handle(message: Message) -> ServiceBusReceivedMessage:
    return cast("ServiceBusReceivedMessage", message.handle)


def _sdk_message(message: Outgoing) -> ServiceBusMessage:
    return ServiceBusMessage(
        message.body,
        content_type=message.content_type,
        message_id=message.message_id,
        correlation_id=message.correlation_id,
        session_id=message.session_id,
        application_properties=dict(message.application_properties.items()) or None,
    )
