"""See how much is in the control queue, seldom and in the background, for whoever wants to see numbers."""

import asyncio
import logging
from datetime import datetime

from triggers.blob_messages import BlobMessage
from triggers.errors import SourceUnavailable, UnreadableMessage
from triggers.queue_store import QueueStore

_log = logging.getLogger(__name__)

_EVERY = 15.0
_PEEKED = 32


class QueueLook:
    """About how many messages the control queue has, and since when those at its front wait.

    Whoever asks gets at once what was seen last; the queue is looked at in the background, every 15 seconds at most.
    """

    def __init__(self, queues: QueueStore, queue: str) -> None:
        self._queues = queues
        self._queue = queue
        self._looking: asyncio.Task[None] | None = None
        self._due = 0.0
        self._count = 0
        self._oldest: dict[str, datetime] = {}

    @property
    def count(self) -> int:
        """Hidden ones too: those being run, and those that wait for their next attempt."""
        self._look_again()
        return self._count

    def oldest(self, function: str) -> datetime | None:
        """When the oldest message for the function that is near the front was put in."""
        return self._oldest.get(function.lower())

    async def close(self) -> None:
        """Look no more, and leave the queue alone."""
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    def _look_again(self) -> None:
        now = asyncio.get_running_loop().time()
        is_looking = self._looking is not None and not self._looking.done()
        if now >= self._due and not is_looking:
            self._due = now + _EVERY
            self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        try:
            count = await self._queues.count(self._queue)
            texts = await self._queues.peek(self._queue, _PEEKED) if count else ()
        except SourceUnavailable as error:
            _log.info("How many blobs are in queue %r is not known now: %s", self._queue, error)
            return
        self._count, self._oldest = count, {}
        for message in texts:
            try:
                function = BlobMessage.decode(message.text).function.lower()
            except UnreadableMessage:
                continue  # Whoever receives it says so.
            known = self._oldest.get(function, message.inserted)
            self._oldest[function] = min(known, message.inserted)
