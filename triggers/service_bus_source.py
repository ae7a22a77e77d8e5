"""Take messages of one entity for one function over as many links as there is work for."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil, inf
from types import TracebackType
from typing import Self, cast

from triggers.errors import DeliveryLost, SourceUnavailable
from triggers.service_bus_bus import Message, Receiver
from triggers.service_bus_delivery import ServiceBusDelivery, Terms, dead_letter
from triggers.service_bus_lane import Appetite, Lane
from triggers.service_bus_message import batch_event, message_event

_log = logging.getLogger(__name__)

_PATIENCE = 5.0
"""How long the start waits for the first link; after that it goes on in the background."""
_IDLE = 30.0
"""Seconds without a message after which a link that is not the last is closed."""
_BUSY, _SLOW = 0.005, 0.25
"""Seconds: a function that takes longer than the first is worth another link, than the second, twice as many."""
_BETWEEN = 0.25
"""Seconds between two such steps; a connection costs as much as the handling of many messages."""
_GROW_AGAIN = 60.0
"""Seconds after which it is tried again to open more links than the service allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How one function takes messages."""

    links: int = 1
    """As many at most."""
    appetite: Appetite = field(default_factory=Appetite)
    are_many: bool = False
    """Is the function called once for all that were taken together?"""
    session_idle: float | None = None
    """Seconds after which a session without messages is given up; None when there are no sessions."""
    is_binary: bool = False
    prefetch: int = 0
    """How many messages a link's client may have waiting."""
    terms: Terms = field(default_factory=Terms)

    @property
    def concurrency(self) -> int:
        """The most runs of the function at once."""
        return self.links * (1 if self.are_many else self.appetite.most)


class ServiceBusSource:
    """Messages of one entity. A link has only as many out as it may, and takes more when they are settled.

    There is one link until it is busy, then more, up to the plan's number: each has a connection of its own.
    """

    def __init__(self, connect: Callable[[int], Receiver], plan: Plan) -> None:
        """`connect` is told how many messages the client may have waiting."""
        self._connect = connect
        self._plan = plan
        self._ready: deque[ServiceBusDelivery] = deque()
        self._news = asyncio.Event()
        """A message, a link that was opened or one that failed."""
        self._moved = asyncio.Event()
        """A look ended, or messages were handed out."""
        self._links: dict[asyncio.Task[None], bool] = {}
        """Each link's task, and if it is open."""
        self._lanes: set[Lane] = set()
        self._taking: set[Lane] = set()
        self._slowest: float | None = None
        """Seconds that the longest run took; None before the first."""
        self._lock = inf
        """Seconds that messages were locked for at least when they came."""
        self._failure: SourceUnavailable | None = None
        self._grow_after = 0.0
        self._stopping = False

    async def __aenter__(self) -> Self:
        await self._begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for lane in self._lanes:
            lane.hurry()
        ready = [*self._ready]
        self._ready.clear()
        for delivery in ready:
            with contextlib.suppress(DeliveryLost):
                await delivery.abandon(SourceUnavailable("The host stops."))
        # A link that ends by itself closes in order, where one that is cancelled would leave that to the client.
        await self._ended(_PATIENCE if self._stopping else 0)
        for link in self._links:
            link.cancel()
        await self._ended(None)
        self._ready.clear()

    async def _ended(self, timeout: float | None) -> None:
        if self._links:
            await asyncio.wait(self._links, timeout=timeout)

    async def receive(self, limit: int, *, timeout: float) -> Sequence[ServiceBusDelivery]:
        """What the links took; raises SourceUnavailable when the last of them failed."""
        if not self._links:
            failure, self._failure = self._failure, None
            if failure is not None:
                raise failure
            await self._begin()
        if not self._ready:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._news.wait()
        self._moved.set()
        return [self._ready.popleft() for _ in range(min(limit, len(self._ready)))]

    async def take_nothing_new(self) -> None:
        """Return when no link can bring anything more; what they brought is still handed out."""
        self._stopping = True
        for link, is_open in list(self._links.items()):
            if not is_open:
                link.cancel()
        for lane in self._lanes:
            lane.hurry()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while self._taking or self._ready:
                    self._moved.clear()
                    await self._moved.wait()

    async def _begin(self) -> None:
        """The first link; raises SourceUnavailable when it cannot be opened."""
        if self._stopping:
            return
        self._grow_after = 0.0
        link = self._start_link()
        end = asyncio.get_running_loop().time() + _PATIENCE
        while not link.done() and not self._links.get(link) and asyncio.get_running_loop().time() < end:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await self._news.wait()
            if self._plan.session_idle is not None:
                # It was not refused, so it waits for a session to become free.
                break
        if self._failure is not None and not self._links:
            failure, self._failure = self._failure, None
            raise failure

    def _start_link(self) -> asyncio.Task[None]:
        link = asyncio.create_task(self._run_link(), name="service bus link")
        self._links[link] = False
        link.add_done_callback(self._link_ended)
        return link

    def _link_ended(self, link: asyncio.Task[None]) -> None:
        self._links.pop(link, None)
        error = None if link.cancelled() else link.exception()
        if isinstance(error, SourceUnavailable):
            self._failure = error
            self._grow_after = asyncio.get_running_loop().time() + _GROW_AGAIN
        elif error is not None:
            _log.error("A link to Service Bus failed in an unforeseen way.", exc_info=error)
            self._failure = SourceUnavailable(f"A link failed in an unforeseen way: {error!r}.")
        self._news.set()

    async def _run_link(self) -> None:
        """One link after another: with sessions, each of them has its own."""
        while not self._stopping:
            prefetch = self._prefetch(inf)
            receiver = self._connect(prefetch)
            try:
                if await self._use(receiver, prefetch):
                    return
            finally:
                with contextlib.suppress(Exception):
                    await receiver.close()

    async def _use(self, receiver: Receiver, prefetch: int) -> bool:
        """Take from one entity or session until it has nothing; True when no other link is needed instead."""
        me = cast("asyncio.Task[None]", asyncio.current_task())
        in_sessions = self._plan.session_idle is not None
        self._links[me] = False
        if await receiver.open():
            self._links[me] = True
            self._news.set()
            if in_sessions:
                self._grow(1)
            lane = Lane(receiver, self._plan.appetite)
            self._lanes.add(lane)
            try:
                if await self._serve(lane, prefetch):
                    return False
            finally:
                self._lanes.discard(lane)
        return not in_sessions or any(not is_open for link, is_open in self._links.items() if link is not me)

    async def _serve(self, lane: Lane, prefetch: int) -> bool:
        """Take and wait, until the session had nothing for a while, or other links wait for the next message.

        True when a link is wanted that has another number of messages waiting.
        """
        loop = asyncio.get_running_loop()
        longest = _IDLE if self._plan.session_idle is None else self._plan.session_idle
        busy = loop.time()
        while not self._stopping:
            try:
                await self._turn(lane)
            except DeliveryLost as lost:
                _log.info("A session was lost and the next one is taken: %s", lost)
                return False
            if lane.held:
                begun = loop.time()
                await self._freed(lane)
                busy = loop.time()
                self._slowest = max(self._slowest or 0.0, busy - begun)
                if self._prefetch(lane.lock) != prefetch and not self._stopping:
                    return True
            elif loop.time() - busy >= longest and (self._plan.session_idle is not None or self._taking):
                return False
        return False

    def _prefetch(self, lock: float) -> int:
        """None before it is known how long a run takes, nor when a lock would be half over before its turn comes.

        What waits in the client's buffer cannot be renewed; in a session there is only the session's own lock.
        """
        if self._plan.session_idle is not None:
            return self._plan.prefetch
        if self._slowest is None:
            return 0
        self._lock = min(self._lock, lock)
        runs = ceil(self._plan.prefetch / self._plan.appetite.most)
        return self._plan.prefetch if runs * self._slowest < self._lock / 2 else 0

    async def _turn(self, lane: Lane) -> None:
        self._taking.add(lane)
        try:
            await self._hand_out(lane, await lane.take())
        finally:
            self._taking.discard(lane)
            self._moved.set()

    async def _hand_out(self, lane: Lane, messages: Sequence[Message]) -> None:
        readable = [message for message in messages if message.body is not None]
        for message in messages:
            if message.body is None:
                await self._refuse(lane, message)
        if not readable:
            return
        lane.hold(len(readable))
        if self._plan.are_many:
            self._ready.append(ServiceBusDelivery(lane, readable, batch_event(readable), self._plan.terms))
        else:
            self._ready += [self._delivery(lane, message) for message in readable]
        self._news.set()

    def _delivery(self, lane: Lane, message: Message) -> ServiceBusDelivery:
        event = message_event(message, binary=self._plan.is_binary)
        return ServiceBusDelivery(lane, [message], event, self._plan.terms)

    async def _refuse(self, lane: Lane, message: Message) -> None:
        why = "The body is neither bytes nor text, but another AMQP value or a sequence, which no function can take."
        try:
            await dead_letter(lane, message, "BodyIsNoData", why)
        except DeliveryLost as lost:
            _log.warning("Message %s, whose body cannot be read, could not be moved aside: %s", message.id, lost)

    async def _freed(self, lane: Lane) -> None:
        """Wait until the lane may take more; the longer that lasts, the more other links are opened meanwhile."""
        for patience, more in ((_BUSY, 1), (_SLOW, len(self._links))):
            if await lane.freed(within=patience):
                return
            if self._plan.session_idle is None:
                self._grow(more)
        await lane.freed()

    def _grow(self, more: int) -> None:
        """Open more links when none is waiting for a message, or for a session, any more."""
        now = asyncio.get_running_loop().time()
        in_sessions = self._plan.session_idle is not None
        is_waiting = not all(self._links.values()) or (bool(self._taking) and not in_sessions)
        if self._stopping or is_waiting or now < self._grow_after:
            return
        if not in_sessions:
            self._grow_after = now + _BETWEEN
        for _ in range(min(more, self._plan.links - len(self._links))):
            self._start_link()
