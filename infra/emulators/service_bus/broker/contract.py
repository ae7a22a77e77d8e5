"""What the broker and its fronts say to each other."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Literal, Protocol

from infra.emulators.service_bus.message import Message

ReceiveMode = Literal["peek_lock", "receive_and_delete"]
Changes = Mapping[str, object]
"""Application properties that a settlement adds or replaces."""


class State(IntEnum):
    """What `x-opt-message-state` says."""

    ACTIVE = 0
    DEFERRED = 1
    SCHEDULED = 2


@dataclass(slots=True, kw_only=True)
class Stored:
    """A message in an entity. Only the broker changes it; `message` itself is replaced, never changed."""

    message: Message
    sequence_number: int
    enqueued: datetime
    state: State = State.ACTIVE
    delivery_count: int = 0
    """Attempts that failed; 0 at the first delivery."""
    scheduled_for: datetime | None = None
    expires_at: datetime | None = None
    dead_letter_source: str | None = None
    enqueued_sequence_number: int | None = None
    """The number it had in the entity that forwarded it."""


@dataclass(slots=True, kw_only=True)
class Locked(Stored):
    """A message as a receiver gets it. In `receive_and_delete` the token settles nothing."""

    lock_token: uuid.UUID
    locked_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRequest:
    """Which session a receiver wants; without an id the free one whose oldest message waits longest."""

    id: str | None = None


class Clock(Protocol):
    """Tells the time, aware and in UTC."""

    def now(self) -> datetime: ...


class Receiver(Protocol):
    """One open link that takes messages."""

    @property
    def session_id(self) -> str | None: ...

    @property
    def locked_until(self) -> datetime | None:
        """Until when the session is this receiver's; None without sessions."""
        ...

    def take(self) -> Locked | None:
        """The next message, or None at once. Raises SessionLockLost when the session is no longer this receiver's."""
        ...

    def close(self) -> None:
        """Takes no more. A session is given up and its messages return uncounted; other locks run on."""
        ...


@dataclass(slots=True, kw_only=True)
class Saved:
    """What a journal kept of one entity."""

    messages: list[Stored] = field(default_factory=list)
    """In order of their sequence numbers."""
    last_sequence_number: int = 0
    session_states: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    duplicates: list[tuple[str, datetime]] = field(default_factory=list)
    """Message ids and when they came, oldest first."""


class Journal(Protocol):
    """Keeps what entities hold. Nothing is promised before `commit` has returned."""

    def load(self, entity: str) -> Saved: ...

    def put(self, entity: str, stored: Stored) -> None: ...

    def remove(self, entity: str, sequence_number: int) -> None: ...

    def put_session_state(self, entity: str, session_id: str, state: bytes | None, at: datetime) -> None: ...

    def put_duplicate(self, entity: str, message_id: str, at: datetime) -> None: ...

    def forget_duplicates(self, entity: str, before: datetime) -> None: ...

    def commit(self) -> None: ...

    def close(self) -> None: ...


class Target(Protocol):
    """What can be sent to: a queue or a topic."""

    def send(self, messages: Sequence[Message]) -> None:
        """All of them or none. Those with `x-opt-scheduled-enqueue-time` wait until then."""
        ...

    def schedule(self, messages: Sequence[tuple[Message, datetime]]) -> list[int]: ...

    def cancel(self, sequence_numbers: Iterable[int]) -> None: ...


class Settling(Protocol):
    """What is done with messages that were taken; raises MessageLockLost or SessionLockLost."""

    def complete(self, token: uuid.UUID) -> None: ...

    def abandon(self, token: uuid.UUID, changes: Changes | None = None) -> None: ...

    def defer(self, token: uuid.UUID, changes: Changes | None = None) -> None: ...

    def dead_letter(
        self,
        token: uuid.UUID,
        reason: str | None = None,
        description: str | None = None,
        changes: Changes | None = None,
    ) -> None: ...

    def release(self, token: uuid.UUID) -> None:
        """Gives the message back; the attempt does not count."""
        ...

    def renew(self, token: uuid.UUID) -> datetime: ...


class Sessions(Protocol):
    """What is asked about sessions of an entity that has them."""

    def renew_session(self, session_id: str, receiver: Receiver | None = None) -> datetime: ...

    def session_state(self, session_id: str) -> bytes | None: ...

    def set_session_state(self, session_id: str, state: bytes | None) -> None: ...

    def session_ids(self, *, updated_since: datetime | None, skip: int, top: int) -> list[str]:
        """Sessions whose state was set since then, or with None those that have messages."""
        ...

    def watch_sessions(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Calls `wake` when a session may have become free, until what is returned is called."""
        ...


class Source(Settling, Sessions, Protocol):
    """What can be received from: a queue, a subscription, and the dead-letter queue of either."""

    def open_receiver(
        self, *, mode: ReceiveMode, session: SessionRequest | None = None, wake: Callable[[], None]
    ) -> Receiver:
        """`wake` is called when `take()` might give something, or when the session was lost; it must not call back.

        Raises SessionRequired, OperationNotAllowed, SessionCannotBeLocked, NoSessionAvailable.
        """
        ...

    def peek(self, *, from_sequence_number: int = 0, limit: int = 1, session_id: str | None = None) -> list[Stored]: ...

    def receive_deferred(
        self, sequence_numbers: Iterable[int], *, mode: ReceiveMode, session_id: str | None = None
    ) -> list[Locked]: ...
