"""The queues of an Azure storage account, or of Azurite."""

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from triggers.azure_account import AzureClient
from triggers.azure_errors import translated
from triggers.connections import Connection
from triggers.errors import DeliveryLost
from triggers.queue_store import ReceivedMessage

_CLAIM_GONE = {"MessageNotFound", "PopReceiptMismatch", "QueueNotFound"}


class AzureQueues:
    """The queues of one account, as triggers.queue_store.QueueStore."""

    longest_pause = math.inf

    def __init__(self, connection: Connection) -> None:
        """Nothing is sent yet; raises ConnectionNotConfigured."""
        self._service = AzureClient(QueueServiceClient, "queue", connection)

    async def make_queue(self, queue: str) -> None:
        with translated(f"make queue {queue!r}"), contextlib.suppress(ResourceExistsError):
            await self._queue(queue).create_queue()

    async def receive(self, queue: str, limit: int, *, hidden: int) -> Sequence[ReceivedMessage]:
        pages = self._queue(queue).receive_messages(messages_per_page=limit, visibility_timeout=hidden).by_page()
        with translated(f"receive from queue {queue!r}"):
            try:
                return [_received(message) async for message in await anext(pages)]
            except (StopAsyncIteration, ResourceNotFoundError):
                return ()

    async def hide(
        self, queue: str, message: ReceivedMessage, seconds: int, *, text: str | None = None
    ) -> ReceivedMessage:
        # The service takes the body with every update, so it is always sent.
        updated = message if text is None else replace(message, text=text)
        with translated(f"update a message of queue {queue!r}"), _claimed(queue, message):
            hidden = await self._queue(queue).update_message(
                _sdk_message(updated), pop_receipt=message.pop_receipt, visibility_timeout=seconds
            )
        return _received(hidden)

    async def delete(self, queue: str, message: ReceivedMessage) -> None:
        with translated(f"delete a message of queue {queue!r}"), _claimed(queue, message):
            await self._queue(queue).delete_message(message.id, message.pop_receipt)

    async def send(self, queue: str, text: str, *, hidden: int = 0) -> None:
        with translated(f"send to queue {queue!r}"):
            try:
                await self._queue(queue).send_message(text, visibility_timeout=hidden)
            except ResourceNotFoundError:
                await self.make_queue(queue)
                await self._queue(queue).send_message(text, visibility_timeout=hidden)

    async def count(self, queue: str) -> int:
        with translated(f"count queue {queue!r}"):
            try:
                properties = await self._queue(queue).get_queue_properties()
            except ResourceNotFoundError:
                return 0
        return properties.approximate_message_count or 0

    async def peek(self, queue: str, limit: int) -> Sequence[ReceivedMessage]:
        with translated(f"look into queue {queue!r}"):
            try:
                return [_received(message) for message in await self._queue(queue).peek_messages(limit)]
            except ResourceNotFoundError:
                return ()

    async def close(self) -> None:
        await self._service.close()

    def _queue(self, name: str) -> QueueClient:
        return self._service.client.get_queue_client(name)


@contextlib.contextmanager
def _claimed(queue: str, message: ReceivedMessage) -> Iterator[None]:
    try:
        yield
    except HttpResponseError as error:
        code = getattr(error, "error_code", None)
        if str(getattr(code, "value", code)) not in _CLAIM_GONE:
            raise
        raise DeliveryLost(f"The claim on message {message.id} of queue {queue!r} ran out.") from error


def _received(message: QueueMessage) -> ReceivedMessage:
    return ReceivedMessage(
        id=message.id,
        pop_receipt=message.pop_receipt or "",
        text=message.content or "",
        dequeue_count=message.dequeue_count or 0,
        inserted=cast("datetime", message.inserted_on),
        expires=cast("datetime", message.expires_on),
        # A message that was only looked at is visible since it came.
        next_visible=cast("datetime", message.next_visible_on or message.inserted_on),
    )


def _sdk_message(message: ReceivedMessage) -> QueueMessage:
    return QueueMessage(
        message.text, id=message.id, inserted_on=message.inserted, expires_on=message.expires,
        dequeue_count=message.dequeue_count,
    )  # fmt: skip
