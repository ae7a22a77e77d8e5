"""One receiver and the messages it holds: takes some, waits until all are settled, takes more."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import inf

from triggers.errors import DeliveryLost, SourceUnavailable
from triggers.service_bus_bus import Message, Receiver

_log = logging.getLogger(__name__)

_SLICE = 1.0
"""How long one look lasts, and so how long a stop waits for it at most."""
_PAUSES = (0.2, 0.5, 1.0, 2.0)
_AT_ONCE = 64
"""Requests under way on one link: each is a round trip, and a batch must be renewed in a third of its lock's time."""
_SHORTEST_RENEWAL = 0.2
_UNKNOWN_THIRD = 5 / 3
"""For a lock whose end this machine's clock cannot tell: the service has none shorter than five seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appetite:
    """How many messages a lane takes at a time."""

    most: int = 1
    least: int = 1
    wait: float = 0.0
    """Seconds to wait for `least` once there is one."""


class Lane:
    """Takes from one link, and renews and settles what it took, some requests at a time."""

    def __init__(
        self, receiver: Receiver, appetite: Appetite, *, now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pauses: Sequence[float] = _PAUSES,
    ) -> None:  # fmt: skip
        self.receiver = receiver
        self._appetite = appetite
        self._now = now
        self._behind = timedelta(0)
        """How far this machine's clock is behind the service's at least: messages came from its future."""
        self._pauses = pauses
        self._requests = asyncio.Semaphore(_AT_ONCE)
        self._session_third = 0.0
        self._renew_session_at = 0.0
        self._hurried = asyncio.Event()
        self.lock = inf
        """Seconds for which the messages that were taken last were locked then."""
        self.held = 0
        """How many of the messages it took are not settled."""
        self._free = asyncio.Event()
        self._free.set()

    def hurry(self) -> None:
        """Take what there is, rather than wait for more, and end every pause: the host stops."""
        self._hurried.set()

    async def pause(self, seconds: float) -> None:
        """Wait so long, or until the host stops."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurried.wait()

    async def take(self) -> Sequence[Message]:
        """What came within a second; raises SourceUnavailable, or DeliveryLost when its session was lost."""
        await self._keep_session()
        messages = await self._receive(self._appetite.most, _SLICE)
        if messages:
            messages = await self._filled(messages)
            self.lock = 3 * self._third(messages)
        return messages

    async def _receive(self, room: int, timeout: float) -> list[Message]:
        """What came, without what is lost already: a message may wait in the client's buffer."""
        messages = await self.receiver.receive(room, timeout=timeout)
        now = self._now()
        shown = [message.enqueued - now for message in messages if message.enqueued is not None]
        self._behind = max([self._behind, *shown])
        doubtful = [message for message in messages if self._left(message) <= 0]
        if not doubtful:
            return [*messages]
        # Its lock has run out, or the clocks differ: only the service knows.
        renewed = await self._renewed(doubtful)
        return [renewed.get(message, message) for message in messages if message in renewed or message not in doubtful]

    async def _filled(self, messages: list[Message]) -> list[Message]:
        """With what comes until there are as many as are wanted together; their locks are renewed meanwhile."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._appetite.wait
        due = loop.time() + self._third(messages)
        while not self._hurried.is_set() and len(messages) < self._appetite.least and (left := end - loop.time()) > 0:
            await self._keep_session()
            timeout = max(min(left, _SLICE, due - loop.time()), 0.01)
            messages = [*messages, *await self._receive(self._appetite.most - len(messages), timeout)]
            if loop.time() >= due:
                messages = [*(await self._renewed(messages)).values()]
                due = loop.time() + self._third(messages)
        return messages

    async def _renewed(self, messages: Sequence[Message]) -> dict[Message, Message]:
        """Those that are ours, and what they are with their new locks; the others are told of in the log."""
        outcomes = await asyncio.gather(*map(self.renew, messages), return_exceptions=True)
        lost = [outcome for outcome in outcomes if isinstance(outcome, DeliveryLost)]
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and outcome not in lost:
                raise outcome
        if lost:
            _log.warning(
                "%d messages were not run, for their locks ended while they waited here; they come again: %s",
                len(lost), lost[0],
            )  # fmt: skip
        return {old: new for old, new in zip(messages, outcomes, strict=True) if isinstance(new, Message)}

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
        """A third of the time that is left of the lock: a renewal may fail once."""
        if self.receiver.session is not None:
            return self._session_third
        return None if message.locked_until is None else _third(self._left(message))

    async def renew(self, message: Message) -> Message:
        """The message with its new lock, or that of its session; raises DeliveryLost or SourceUnavailable."""
        async with self._requests:
            return replace(message, locked_until=await self.receiver.renew(message))

    async def settle(self, settle: Callable[[], Awaitable[None]]) -> None:
        """Settle one message, again when the service could not be reached; raises DeliveryLost."""
        async with self._requests:
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
            async with self._requests:
                until = await self.receiver.renew_session()
            self._session_third = _SHORTEST_RENEWAL if until is None else _third(self._until(until))
            self._renew_session_at = loop.time() + self._session_third

    def _third(self, messages: Sequence[Message]) -> float:
        return min((_third(self._left(message)) for message in messages), default=inf)

    def _left(self, message: Message) -> float:
        """Seconds that its lock still has; in a session there is none of its own."""
        return inf if message.locked_until is None else self._until(message.locked_until)

    def _until(self, moment: datetime) -> float:
        return (moment - self._now() - self._behind).total_seconds()


def _third(left: float) -> float:
    return max(left / 3, _SHORTEST_RENEWAL) if left > 0 else _UNKNOWN_THIRD
