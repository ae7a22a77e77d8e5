"""Take messages from a storage queue, hide them while they run, and settle them."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from triggers.binding_data import json_properties
from triggers.contract import Event
from triggers.errors import DeliveryLost, SourceUnavailable, UnreadableMessage
from triggers.queue_settings import QueueSettings
from triggers.queue_store import QueueStore, ReceivedMessage
from triggers.signals import Signals

_log = logging.getLogger(__name__)

# What a killed host had taken comes back after this long.
_HIDDEN = 60
_POISON = "-poison"
_LONGEST_NAME = 63


class QueueDelivery:
    """One claimed message."""

    def __init__(self, source: "QueueSource", message: ReceivedMessage, event: Event) -> None:
        self._source = source
        self._message = message
        self._event = event

    @property
    def event(self) -> Event:
        return self._event

    @property
    def renew_every(self) -> float | None:
        return _HIDDEN / 3

    async def renew(self) -> None:
        self._message = await self._source.hide(self._message, _HIDDEN)

    async def complete(self) -> None:
        await self._source.complete(self._message)

    async def abandon(self, error: BaseException) -> None:
        await self._source.abandon(self._message, error)


class QueueSource:
    """The messages of one queue for one function; what fails too often goes to the queue's poison queue."""

    def __init__(
        self, store: QueueStore, queue: str, settings: QueueSettings, *, binary: bool = False,
        signals: Signals | None = None,
    ) -> None:  # fmt: skip
        self._store = store
        self._queue = queue
        self._settings = settings
        self._binary = binary
        self._sent = (signals or Signals()).at(queue)
        self._asking: asyncio.Task[Sequence[ReceivedMessage]] | None = None
        poison = f"{queue}{_POISON}"
        self._poison = "" if queue.endswith(_POISON) or len(poison) > _LONGEST_NAME else poison

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._give_back()
        await self._store.close()

    async def receive(self, limit: int, *, timeout: float) -> Sequence[QueueDelivery]:
        """Look once; when there was nothing, wait for `timeout` seconds or until the app itself sends something."""
        if self._asking is None:
            self._sent.clear()
            batch = min(limit, self._settings.batch_size)
            self._asking = asyncio.create_task(self._store.receive(self._queue, batch, hidden=_HIDDEN))
        # A look that is cancelled half-way may have hidden messages already: it ends first, and they are given back.
        try:
            messages = await asyncio.shield(self._asking)
        except SourceUnavailable:
            self._asking = None
            raise
        deliveries = [await self._delivery(message) for message in messages]
        self._asking = None
        if not messages:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._sent.wait()
        return [delivery for delivery in deliveries if delivery is not None]

    async def hide(self, message: ReceivedMessage, seconds: int) -> ReceivedMessage:
        """The message with its new claim; raises DeliveryLost or SourceUnavailable."""
        return await self._store.hide(self._queue, message, seconds)

    async def complete(self, message: ReceivedMessage) -> None:
        """Take it out of the queue; raises DeliveryLost or SourceUnavailable."""
        await self._store.delete(self._queue, message)

    async def abandon(self, message: ReceivedMessage, error: BaseException) -> None:
        """Show it again, or poison it after the last attempt; raises DeliveryLost or SourceUnavailable."""
        if message.dequeue_count >= self._settings.max_dequeue_count:
            why = f"failed {message.dequeue_count} times, last with {type(error).__name__}: {error}"
            await self._poisoned(message, why)
        elif self._poison:
            await self.hide(message, self._settings.visibility_timeout)

    async def _delivery(self, message: ReceivedMessage) -> QueueDelivery | None:
        """None for a message that is no longer, or cannot be, run."""
        limit = self._settings.max_dequeue_count
        try:
            if message.dequeue_count > limit:
                await self._poisoned(message, f"was taken {message.dequeue_count} times, more often than {limit}")
                return None
            body = self._settings.encoding.decode(message.text)
        except UnreadableMessage as error:
            await self._poisoned(message, f"cannot be read: {error}")
            return None
        return QueueDelivery(self, message, message_event(message, body, binary=self._binary))

    async def _poisoned(self, message: ReceivedMessage, why: str) -> None:
        """Move it to the poison queue; without one it stays hidden, and comes again when that ends."""
        if not self._poison:
            _log.error("Message %s of queue %r %s. It stays in the queue.", message.id, self._queue, why)
            return
        try:
            await self._store.send(self._poison, message.text)
            await self._store.delete(self._queue, message)
        except (SourceUnavailable, DeliveryLost) as error:
            _log.warning("Message %s could not be moved to queue %r: %s", message.id, self._poison, error)
            return
        _log.error("Message %s of queue %r %s. It was moved to %r.", message.id, self._queue, why, self._poison)

    async def _give_back(self) -> None:
        asking, self._asking = self._asking, None
        if asking is None:
            return
        try:
            for message in await asking:
                await self.hide(message, 0)
        except (SourceUnavailable, DeliveryLost) as error:
            _log.warning("Messages of queue %r that were never run stay hidden for a while: %s", self._queue, error)


def message_event(message: ReceivedMessage, body: bytes, *, binary: bool = False) -> Event:
    """The event that a message came, as functions get it: as text unless it is to stay bytes."""
    text = body.decode(errors="replace")
    metadata = {
        **json_properties(text),
        "QueueTrigger": text,
        "DequeueCount": message.dequeue_count,
        "ExpirationTime": message.expires.isoformat(),
        "Id": message.id,
        "InsertionTime": message.inserted.isoformat(),
        "NextVisibleTime": message.next_visible.isoformat(),
        "PopReceipt": message.pop_receipt,
    }
    # Bytes that are no text stay what they are: replaced characters would be of no use to anybody.
    data = body if binary or text.encode() != body else text
    return Event(id=message.id, data=data, metadata=metadata, attempt=message.dequeue_count)
