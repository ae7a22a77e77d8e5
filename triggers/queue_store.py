"""What a storage account has to do for queues, whatever kind of account it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMessage:
    """A message as it was taken from its queue, hidden from everybody else for a while."""

    id: str
    pop_receipt: str
    """The claim; another one takes its place whenever the message is hidden again."""
    text: str
    """The body as the queue holds it, still encoded."""
    dequeue_count: int
    """Counts from 1."""
    inserted: datetime
    expires: datetime
    next_visible: datetime


class QueueStore(Protocol):
    """The queues of an account. Every method raises SourceUnavailable when it cannot be reached."""

    longest_pause: float
    """Seconds between two looks at an empty queue that are never too often; infinite where every look costs."""

    async def make_queue(self, queue: str) -> None:
        """Make the queue unless it is there."""
        ...

    async def receive(self, queue: str, limit: int, *, hidden: int) -> Sequence[ReceivedMessage]:
        """At most `limit` (up to 32) messages, hidden for so many seconds; none when the queue does not exist."""
        ...

    async def hide(
        self, queue: str, message: ReceivedMessage, seconds: int, *, text: str | None = None
    ) -> ReceivedMessage:
        """Hide the message from now for so many seconds, 0 to show it at once; raises DeliveryLost.

        `text` takes the place of its body.
        """
        ...

    async def delete(self, queue: str, message: ReceivedMessage) -> None:
        """Take the message out for good; raises DeliveryLost when the claim on it is gone."""
        ...

    async def send(self, queue: str, text: str, *, hidden: int = 0) -> None:
        """Put a message at the end of the queue, hidden for so many seconds; makes the queue if it is missing."""
        ...

    async def count(self, queue: str) -> int:
        """About how many messages there are, hidden ones too; 0 when the queue does not exist."""
        ...

    async def peek(self, queue: str, limit: int) -> Sequence[ReceivedMessage]:
        """At most `limit` (up to 32) visible messages, which stay where they are."""
        ...

    async def close(self) -> None:
        """Let go of connections; the next use opens them again."""
        ...
