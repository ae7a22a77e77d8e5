"""Storage queues in memory, for tests and trials; they can be made unreachable."""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from triggers.blob_receipts import utc_now
from triggers.errors import DeliveryLost, SourceUnavailable
from triggers.queue_store import ReceivedMessage

_LIFETIME = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Held:
    message: ReceivedMessage
    visible: datetime


class MemoryQueues:
    """The queues of an account in memory, as triggers.queue_store.QueueStore."""

    longest_pause = math.inf

    def __init__(self, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.reachable = True
        self._queues: dict[str, dict[str, _Held]] = {}
        self._clock = clock
        self._numbers = itertools.count(1)

    def texts(self, queue: str) -> list[str] | None:
        """The bodies of all messages of a queue, hidden ones too; None when there is no such queue."""
        held = self._queues.get(queue)
        return None if held is None else [one.message.text for one in held.values()]

    async def make_queue(self, queue: str) -> None:
        self._check()
        self._queues.setdefault(queue, {})

    async def receive(self, queue: str, limit: int, *, hidden: int) -> Sequence[ReceivedMessage]:
        self._check()
        return [
            self._hidden(queue, replace(message, dequeue_count=message.dequeue_count + 1), hidden)
            for message in self._visible(queue)[:limit]
        ]

    async def hide(
        self, queue: str, message: ReceivedMessage, seconds: int, *, text: str | None = None
    ) -> ReceivedMessage:
        self._check()
        held = self._claimed(queue, message)
        return self._hidden(queue, held if text is None else replace(held, text=text), seconds)

    async def delete(self, queue: str, message: ReceivedMessage) -> None:
        self._check()
        del self._queues[queue][self._claimed(queue, message).id]

    async def send(self, queue: str, text: str, *, hidden: int = 0) -> None:
        await self.make_queue(queue)
        now = self._clock()
        visible = now + timedelta(seconds=hidden)
        message = ReceivedMessage(
            id=f"message-{next(self._numbers)}", pop_receipt="", text=text, dequeue_count=0, inserted=now,
            expires=now + _LIFETIME, next_visible=visible,
        )  # fmt: skip
        self._queues[queue][message.id] = _Held(message, visible)

    async def count(self, queue: str) -> int:
        self._check()
        return len(self._queues.get(queue, {}))

    async def peek(self, queue: str, limit: int) -> Sequence[ReceivedMessage]:
        self._check()
        return self._visible(queue)[:limit]

    async def close(self) -> None:
        """Nothing is kept open."""

    def _visible(self, queue: str) -> list[ReceivedMessage]:
        now = self._clock()
        return [one.message for one in self._queues.get(queue, {}).values() if one.visible <= now]

    def _hidden(self, queue: str, message: ReceivedMessage, seconds: int) -> ReceivedMessage:
        until = self._clock() + timedelta(seconds=seconds)
        claimed = replace(message, pop_receipt=f"receipt-{next(self._numbers)}", next_visible=until)
        self._queues[queue][message.id] = _Held(claimed, until)
        return claimed

    def _claimed(self, queue: str, message: ReceivedMessage) -> ReceivedMessage:
        held = self._queues.get(queue, {}).get(message.id)
        if held is None or held.message.pop_receipt != message.pop_receipt:
            raise DeliveryLost(f"The claim on message {message.id} of queue {queue!r} ran out.")
        return held.message

    def _check(self) -> None:
        if not self.reachable:
            raise SourceUnavailable("The queues in memory were made unreachable.")
