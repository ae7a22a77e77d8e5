"""A Service Bus namespace in memory: hands out what it is given, and notes what became of it."""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from triggers.service_bus_bus import Message, Outgoing
from triggers.service_bus_entity import Entity


def message(name: str = "m1", body: bytes | None = b"x", **fields: object) -> Message:
    """One that is locked for a minute, unless told otherwise."""
    known: dict[str, object] = {"locked_until": datetime.now(UTC) + timedelta(minutes=1)}
    properties = {"MessageId": name, "UserProperties": {}, "ApplicationProperties": {}}
    return Message(id=name, body=body, properties=properties, **(known | fields))  # type: ignore[arg-type]


class MemoryReceiver:
    """`errors` are raised one after the other by whatever is called next."""

    def __init__(self, bus: "MemoryBus", session: str | None) -> None:
        self._bus = bus
        self._session = session
        self.is_closed = False

    @property
    def session(self) -> str | None:
        return self._session

    async def open(self) -> bool:
        self._fail()
        self._bus.opened += 1
        if self._bus.sessions is None:
            return True
        self._session = self._bus.sessions.popleft() if self._bus.sessions else None
        if self._session is None:
            await self._bus.nothing()
        return self._session is not None

    async def receive(self, limit: int, *, timeout: float) -> Sequence[Message]:
        self._fail()
        if not self._bus.waiting:
            await self._bus.nothing()
        return [self._bus.waiting.popleft() for _ in range(min(limit, len(self._bus.waiting)))]

    async def complete(self, message: Message) -> None:
        self._note("complete", message)

    async def abandon(self, message: Message) -> None:
        self._note("abandon", message)

    async def dead_letter(self, message: Message, *, reason: str, description: str) -> None:
        self._note("dead_letter", message, reason, description)

    async def renew(self, message: Message) -> datetime | None:
        self._note("renew", message)
        return datetime.now(UTC) + timedelta(minutes=1)

    async def renew_session(self) -> datetime | None:
        self._fail()
        self._bus.done.append(("renew_session", self._session))
        return datetime.now(UTC) + timedelta(seconds=30)

    async def close(self) -> None:
        self.is_closed = True

    def _note(self, verb: str, message: Message, *more: str) -> None:
        self._fail()
        self._bus.done.append((verb, message.id, *more))

    def _fail(self) -> None:
        if self._bus.errors:
            raise self._bus.errors.popleft()


class MemorySender:
    """Notes what is sent to one entity."""

    def __init__(self, bus: "MemoryBus", entity: Entity) -> None:
        self._bus = bus
        self._entity = entity

    async def send(self, messages: Sequence[Outgoing]) -> None:
        if self._bus.errors:
            raise self._bus.errors.popleft()
        self._bus.sent += [(self._entity, one) for one in messages]

    async def close(self) -> None:
        self._bus.done.append(("close sender", self._entity.name))


class MemoryBus:
    """What waits, what was done with it, and what was sent."""

    def __init__(self, *waiting: Message, sessions: Sequence[str] | None = None) -> None:
        self.waiting = deque(waiting)
        self.sessions = None if sessions is None else deque(sessions)
        self.errors: deque[Exception] = deque()
        self.done: list[tuple[object, ...]] = []
        self.sent: list[tuple[Entity, Outgoing]] = []
        self.opened = 0
        self.is_closed = False

    async def nothing(self) -> None:
        """A look at an empty entity takes a moment."""
        await asyncio.sleep(0.005)

    def receiver(self, entity: Entity, *, prefetch: int, session_wait: float | None) -> MemoryReceiver:
        return MemoryReceiver(self, None)

    def sender(self, entity: Entity) -> MemorySender:
        return MemorySender(self, entity)

    async def close(self) -> None:
        self.is_closed = True
