"""What a Service Bus namespace must do for triggers and outputs, and the messages that go back and forth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from triggers.service_bus_entity import Entity


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Message:
    """One message that is locked for us."""

    id: str
    body: bytes | None
    """None when the body is no bytes and no text, but another AMQP value or a sequence of them."""
    properties: Mapping[str, object] = field(default_factory=dict)
    """By the names that Azure's metadata has; those without a value are left out."""
    attempt: int = 1
    """How often it was delivered, this time included."""
    enqueued: datetime | None = None
    locked_until: datetime | None = None
    """By the service's clock, like the time when it was enqueued."""
    handle: object = None
    """What the client settles it by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message to send."""

    body: bytes
    content_type: str
    message_id: str
    correlation_id: str | None = None
    session_id: str | None = None
    application_properties: Mapping[str, str] = field(default_factory=dict)


class Receiver(Protocol):
    """One link to an entity, or to one session of it; takes while it settles and renews."""

    @property
    def session(self) -> str | None:
        """The session that it holds."""
        ...

    async def open(self) -> bool:
        """Connect; False when no session is free. Raises SourceUnavailable."""
        ...

    async def receive(self, limit: int, *, timeout: float) -> Sequence[Message]:
        """At most `limit`, none after `timeout` seconds; raises SourceUnavailable, or DeliveryLost for a session."""
        ...

    async def complete(self, message: Message) -> None:
        """Settle it for good; this and the others raise DeliveryLost or SourceUnavailable."""
        ...

    async def abandon(self, message: Message) -> None: ...

    async def dead_letter(self, message: Message, *, reason: str, description: str) -> None: ...

    async def renew(self, message: Message) -> datetime | None:
        """Until when it is locked now, or None in a session, which is held for longer."""
        ...

    async def renew_session(self) -> datetime | None:
        """Until when the session is locked now; None when there is no session."""
        ...

    async def close(self) -> None: ...


class Sender(Protocol):
    """One link to an entity that messages are sent by, from several tasks."""

    async def send(self, messages: Sequence[Outgoing]) -> None:
        """All of them, in order; raises MessageRefused before any is sent, or SourceUnavailable."""
        ...

    async def close(self) -> None: ...


class Bus(Protocol):
    """A namespace; nothing is sent before a receiver is opened or a sender sends."""

    def receiver(self, entity: Entity, *, prefetch: int, session_wait: float | None) -> Receiver:
        """With `session_wait`, of the next free session, for which it waits so many seconds."""
        ...

    def sender(self, entity: Entity) -> Sender: ...

    async def close(self) -> None: ...
