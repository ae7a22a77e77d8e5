"""One receiver and the messages it holds: takes some, waits until all are settled, takes more."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from triggers.errors import DeliveryLost, SourceUnavailable
from triggers.service_bus_bus import Message, Receiver

_SLICE = 1.0
"""How long one look lasts, and so how long a stop waits for it at most."""
_PAUSES = (0.2, 0.5, 1.0, 2.0)
_SHORTEST_RENEWAL = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Appetite:
    """How many messages a lane takes at a time."""

    most: int = 1
    least: int = 1
    wait: float = 0.0
    """Seconds to wait for `least` once there is one."""


class Lane:
    """A link may do one thing at a time, so settling and renewing wait for each other here."""

    def __init__(
        self, receiver: Receiver, appetite: Appetite, *, now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pauses: Sequence[float] = _PAUSES,
    ) -> None:  # fmt: skip
        self.receiver = receiver
        self._appetite = appetite
        self._now = now
        self._pauses = pauses
        self._one = asyncio.Lock()
        self._session_third = 0.0
        self._renew_session_at = 0.0
        self.is_hurried = False
        """Take what there is, rather than wait for more: the host stops."""
        self.held = 0
        """How many of the messages it took are not settled."""
        self._free = asyncio.Event()
        self._free.set()

    async def take(self) -> Sequence[Message]:
        """What came within a second; raises SourceUnavailable, or DeliveryLost when its session was lost."""
        await self._keep_session()
        messages = [*await self.receiver.receive(self._appetite.most, timeout=_SLICE)]
        if messages and len(messages) < self._appetite.least:
            messages += await self._more(self._appetite.least - len(messages))
        return [message for message in messages if not self._is_late(message)]

    async def _more(self, wanted: int) -> list[Message]:
        found: list[Message] = []
        end = asyncio.get_running_loop().time() + self._appetite.wait
        while not self.is_hurried and len(found) < wanted and (left := end - asyncio.get_running_loop().time()) > 0:
            await self._keep_session()
            room = self._appetite.most - self._appetite.least + wanted - len(found)
            found += await self.receiver.receive(room, timeout=min(left, _SLICE))
        return found

    def hold(self, count: int) -> None:
        """So many messages are out, and the lane takes no others until they are settled."""
        self.held += count
        self._free.clear()

    def let_go(self, count: int) -> None:
        """So many are settled, or lost."""
        self.held -= count
        if not self.held:
            self._free.set()

    async def freed(self, *, within: float | None = None) -> bool:
        """Return when nothing is held; False when that takes longer than `within` seconds."""
        try:
            async with asyncio.timeout(within):
                await self._free.wait()
        except TimeoutError:
            return False
        return True

    def renew_every(self, message: Message) -> float | None:
        """A third of the lock's time: a renewal may fail once."""
        if self.receiver.session is not None:
            return self._session_third
        if message.locked_until is None:
            return None
        return max((message.locked_until - self._now()).total_seconds() / 3, _SHORTEST_RENEWAL)

    async def renew(self, message: Message) -> None:
        """Hold the message's lock, or that of its session; raises DeliveryLost or SourceUnavailable."""
        async with self._one:
            await self.receiver.renew(message)

    async def settle(self, settle: Callable[[], Awaitable[None]]) -> None:
        """Settle one message, again when the service could not be reached; raises DeliveryLost."""
        async with self._one:
            for pause in (*self._pauses, None):
                try:
                    await settle()
                except SourceUnavailable as error:
                    if pause is None:
                        raise DeliveryLost(f"A message could not be settled and comes again: {error}") from error
                    await asyncio.sleep(pause)
                else:
                    return

    async def _keep_session(self) -> None:
        """A session is held while its lane waits for the next message, too."""
        loop = asyncio.get_running_loop()
        if self.receiver.session is None:
            return
        if loop.time() >= self._renew_session_at:
            async with self._one:
                until = await self.receiver.renew_session()
            left = 0.0 if until is None else (until - self._now()).total_seconds()
            self._session_third = max(left / 3, _SHORTEST_RENEWAL)
            self._renew_session_at = loop.time() + self._session_third

    def _is_late(self, message: Message) -> bool:
        """Did its lock run out while the client had it in its buffer? Then it is somebody else's by now."""
        return message.locked_until is not None and message.locked_until <= self._now()
