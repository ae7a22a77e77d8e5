"""The loop every pulled source shares: receive, run, settle, back off, drain."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from triggers.contract import Event, Executor, FunctionResult
from triggers.errors import DeliveryLost, SourceUnavailable

_log = logging.getLogger(__name__)

_FIRST_PAUSE = 0.1
_LONGEST_RECONNECT_PAUSE = 30.0
_AFTER_A_BUG = 5.0


class Delivery(Protocol):
    """One event we hold a claim on until we complete or abandon it."""

    @property
    def event(self) -> Event: ...

    @property
    def renew_every(self) -> float | None:
        """Seconds after which the claim must be renewed next; None when it never runs out."""
        ...

    async def renew(self) -> None:
        """Hold the claim for longer; raises DeliveryLost or SourceUnavailable."""
        ...

    async def complete(self) -> None:
        """The event was dealt with and must not come again; raises DeliveryLost."""
        ...

    async def abandon(self, error: BaseException) -> None:
        """The function failed: the event comes again, or is given up for good; raises DeliveryLost."""
        ...


class Source(AbstractAsyncContextManager["Source"], Protocol):
    """A place events are pulled from: connected inside `async with`, where entering may raise SourceUnavailable.

    Leaving it gives back what was claimed but never received.
    """

    async def receive(self, limit: int, *, timeout: float) -> Sequence[Delivery]:
        """At most `limit` events, as soon as there are some; none when `timeout` seconds have passed.

        Raises SourceUnavailable. May be cancelled at any time without losing an event.
        """
        ...


class PollingListener:
    """Pulls events from a source and runs the function for them, never more than `concurrency` at once.

    It asks for more as soon as at most `refill_at` are running; by default, as soon as there is room for one.
    """

    def __init__(
        self, source: Source, executor: Executor, *, name: str, concurrency: int = 16, longest_pause: float = 1.0,
        refill_at: int | None = None,
    ) -> None:  # fmt: skip
        self._source = source
        self._executor = executor
        self._name = name
        self._concurrency = concurrency
        self._longest_pause = longest_pause
        self._refill_at = concurrency - 1 if refill_at is None else min(refill_at, concurrency - 1)
        self._running: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()
        self._failures = 0
        self._away = _Row(name, "The claims on events can be renewed again")
        self._lost = _Row(name, "Events are settled again")

    async def start(self) -> None:
        """Begin to pull; returns once the source was reached, or could not be reached for the first time."""
        if self._loop is not None:
            raise RuntimeError(f"The listener of {self._name} was started already.")
        self._loop = asyncio.create_task(self._listen(), name=f"listener of {self._name}")
        tried = asyncio.create_task(self._tried.wait())
        await asyncio.wait((self._loop, tried), return_when=asyncio.FIRST_COMPLETED)
        tried.cancel()
        if self._loop.done():
            await self._loop

    async def stop(self) -> None:
        """Take nothing new; return when everything claimed is settled."""
        if self._loop is None:
            return
        self._loop.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._loop

    async def _listen(self) -> None:
        while True:
            try:
                async with self._source as source:
                    self._reached()
                    try:
                        await self._pull(source)
                    finally:
                        await self._drain()
            except SourceUnavailable as error:
                await asyncio.sleep(self._unreachable(error))
            except Exception:
                # A listener that dies would be noticed by nobody.
                _log.exception("%s: the event source failed in an unforeseen way; trying again.", self._name)
                await asyncio.sleep(_AFTER_A_BUG)

    async def _pull(self, source: Source) -> None:
        pause = _FIRST_PAUSE
        while True:
            while len(self._running) > self._refill_at:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            try:
                deliveries = await source.receive(self._concurrency - len(self._running), timeout=pause)
            except SourceUnavailable as error:
                await asyncio.sleep(self._unreachable(error))
                continue
            self._reached()
            pause = _FIRST_PAUSE if deliveries else min(pause * 2, self._longest_pause)
            for delivery in deliveries:
                task = asyncio.create_task(self._process(delivery))
                self._running.add(task)
                task.add_done_callback(self._running.discard)

    async def _drain(self) -> None:
        if self._running:
            await asyncio.wait(self._running)

    async def _process(self, delivery: Delivery) -> None:
        async with renewed(delivery, self._tell_renewal):
            result = await self._executed(delivery.event)
        try:
            if result.error is None:
                await delivery.complete()
            else:
                await delivery.abandon(result.error)
            self._lost.ends()
        except DeliveryLost as lost:
            self._lost.fails(lost)
        except Exception:
            # What goes wrong with one delivery must not end the loop that all others go through.
            _log.exception("%s: event %s could not be settled; it will come again.", self._name, delivery.event.id)

    async def _executed(self, event: Event) -> FunctionResult:
        try:
            return await self._executor.execute(event)
        except Exception as error:
            _log.exception("%s: the executor raised for event %s.", self._name, event.id)
            return FunctionResult(error=error)

    def _tell_renewal(self, event: Event, error: Exception | None) -> None:
        if error is None:
            self._away.ends()
        elif isinstance(error, DeliveryLost):
            self._lost.fails(error)
        elif isinstance(error, SourceUnavailable):
            self._away.fails(f"The claim on event {event.id} could not be renewed; trying again: {error}")
        else:
            _log.error("The claim on event %s could not be renewed; trying again.", event.id, exc_info=error)

    def _reached(self) -> None:
        if self._failures:
            _log.info("%s: the event source is back.", self._name)
        self._failures = 0
        self._tried.set()

    def _unreachable(self, error: SourceUnavailable) -> float:
        """Log the first failure in a row and say how long to wait after this one."""
        if not self._failures:
            _log.warning("%s: %s Trying again until it answers.", self._name, error)
        pause = min(_FIRST_PAUSE * 2.0 ** min(self._failures, 16), _LONGEST_RECONNECT_PAUSE)
        self._failures += 1
        self._tried.set()
        return pause


class _Row:
    """Tells the first of like failures in a row, and how many there were when something works again."""

    def __init__(self, name: str, after: str) -> None:
        self._name = name
        self._after = after
        self._count = 0

    def fails(self, error: object) -> None:
        if not self._count:
            _log.warning("%s: %s", self._name, error)
        self._count += 1

    def ends(self) -> None:
        if self._count:
            _log.info("%s: %s; that failed %d times.", self._name, self._after, self._count)
        self._count = 0


def _untold(event: Event, error: Exception | None) -> None:
    """For whoever learns from what comes next that a renewal failed."""


@contextlib.asynccontextmanager
async def renewed(delivery: Delivery, tell: Callable[[Event, Exception | None], None] = _untold) -> AsyncIterator[None]:
    """Keep the claim while inside; a renewal on its way is always finished, so the claim's version is known.

    `tell` hears of every renewal, and of the error when it failed.
    """
    if delivery.renew_every is None:
        yield
        return
    finished = asyncio.Event()
    renewing = asyncio.create_task(_renew_until(finished, delivery, tell))
    try:
        yield
    finally:
        finished.set()
        await renewing


async def _renew_until(
    finished: asyncio.Event, delivery: Delivery, tell: Callable[[Event, Exception | None], None]
) -> None:
    while (every := delivery.renew_every) is not None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(every):
                await finished.wait()
            return
        try:
            await delivery.renew()
        except DeliveryLost as lost:
            tell(delivery.event, lost)
            return
        except Exception as error:
            tell(delivery.event, error)
        else:
            tell(delivery.event, None)
