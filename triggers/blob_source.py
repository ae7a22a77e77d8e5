"""Find the blobs that appeared or changed, and hand each version out until it is done."""

import asyncio
import logging
import uuid
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeVar

from triggers.blob_receipts import BlobReceipts, Busy, Receipt, utc_now
from triggers.blob_store import BlobContent, BlobInfo, BlobStore
from triggers.blob_sweep import BlobSweep
from triggers.blob_waiting import Candidate, WaitingLine
from triggers.contract import Event
from triggers.errors import BlobRefused, DeliveryLost, SourceUnavailable
from triggers.paths import BlobPath

_log = logging.getLogger(__name__)

_LONGEST_RETRY_PAUSE = 30.0
# Seconds that leaving the source waits for claims on their way.
_LEAVING = 5.0

T = TypeVar("T")


class BlobDelivery:
    """One claimed blob."""

    def __init__(self, source: "BlobSource", candidate: Candidate, event: Event, renew_every: float) -> None:
        self._source = source
        self._candidate = candidate
        self._event = event
        self._renew_every = renew_every

    @property
    def event(self) -> Event:
        return self._event

    @property
    def renew_every(self) -> float | None:
        return self._renew_every

    async def renew(self) -> None:
        await self._source.renew(self._candidate)

    async def complete(self) -> None:
        await self._source.complete(self._candidate)

    async def abandon(self, error: BaseException) -> None:
        await self._source.abandon(self._candidate, error)


class BlobSource:
    """The blobs of one path for one function: swept, claimed, read, and offered again after a failure."""

    def __init__(
        self, store: BlobStore, receipts: BlobReceipts, path: BlobPath, *, max_attempts: int = 5,
        retry_pause: float = 0.5,
    ) -> None:  # fmt: skip
        self._store = store
        self._receipts = receipts
        self._path = path
        self._max_attempts = max_attempts
        self._retry_pause = retry_pause
        self._sweep = BlobSweep(store, path)
        self._resting = False
        self._swept_at = self._sweep_began = 0.0
        self._line = WaitingLine()
        # Claims and the search are tasks of the source: a cancelled receive loses none, and slow ones hold up nobody.
        self._claims: dict[asyncio.Task[BlobDelivery | None], Candidate] = {}
        self._search: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._store.open(self._path.container)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        search, self._search = self._search, None
        if search is not None:
            search.cancel()
            await asyncio.gather(search, return_exceptions=True)
        await self._end_claims()
        for candidate in self._line.waiting():
            if not candidate.released or candidate.answered:
                await self._give_back(candidate)
        await self._close()

    async def receive(self, limit: int, *, timeout: float) -> Sequence[BlobDelivery]:
        """At most `limit` claimed blobs; see triggers.polling.Source."""
        now = asyncio.get_running_loop().time
        deadline = now() + timeout
        while True:
            self._line.woken.clear()
            deliveries = self._collected()
            if deliveries:
                return deliveries
            self._begin(limit, timeout)
            if now() >= deadline:
                return ()
            try:
                await asyncio.wait_for(self._line.woken.wait(), min(deadline, self._line.next_due) - now())
            except TimeoutError:
                continue

    async def renew(self, candidate: Candidate) -> None:
        """Hold the claim for another full time; raises DeliveryLost or SourceUnavailable."""
        if candidate.receipt is not None:
            candidate.receipt = await self._receipts.renew(candidate.receipt)

    async def complete(self, candidate: Candidate) -> None:
        """Mark the version as done; raises DeliveryLost when another host took it over meanwhile."""
        if candidate.receipt is None:
            return
        try:
            await self._receipts.complete(candidate.receipt)
        except DeliveryLost:
            self._line.settled(candidate)
            raise
        except Exception as error:
            candidate.answered = True
            self._line.later(candidate, self._pause(candidate))
            _log.warning("Blob %r was answered, but its receipt must wait: %s", candidate.blob.path, _described(error))
            return
        self._line.settled(candidate)

    async def abandon(self, candidate: Candidate, error: BaseException) -> None:
        """Offer the version again after a growing pause, or give it up for good after the last attempt."""
        receipt = candidate.receipt
        if receipt is None:
            return
        counted = not _is_unavailable(error)
        next_attempt = receipt.attempt + (1 if counted else 0)
        candidate.failures = max(candidate.failures, receipt.attempt - 1)
        pause = self._pause(candidate)
        try:
            if next_attempt > self._max_attempts:
                await self._poison(candidate, receipt, f"failed {receipt.attempt} times, last with {_described(error)}")
                return
            receipt = await self._receipts.release(receipt, pause=pause, counted=counted)
            candidate.released = True
        except DeliveryLost:
            self._line.settled(candidate)
            raise
        except Exception as outage:
            _log.warning("The failure of blob %r could not be noted: %s", candidate.blob.path, _described(outage))
        candidate.receipt = replace(receipt, attempt=next_attempt)
        self._line.later(candidate, pause)
        _log.warning(
            "Blob %r failed in attempt %d of %d with %s; the next attempt is in %.1f s.",
            candidate.blob.path, receipt.attempt, self._max_attempts, _described(error), pause,
        )  # fmt: skip

    def _pause(self, candidate: Candidate) -> float:
        """How long one that failed once more has to wait."""
        candidate.failures += 1
        return min(self._retry_pause * 2.0 ** min(candidate.failures - 1, 16), _LONGEST_RETRY_PAUSE)

    def _begin(self, limit: int, timeout: float) -> None:
        """Claim what waits, and look for more while there is room."""
        while len(self._claims) < limit and self._line.has_next:
            candidate = self._line.next()
            self._claims[self._task(self._claim(candidate))] = candidate
        if self._search is None and not self._line.has_next and len(self._claims) < max(limit, 1):
            self._search = self._task(self._look(timeout))

    def _task(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        task.add_done_callback(lambda _: self._line.woken.set())
        return task

    def _collected(self) -> list[BlobDelivery]:
        """What the finished claims brought; raises what failed when they brought nothing."""
        deliveries: list[BlobDelivery] = []
        failure: BaseException | None = None
        for task in [task for task in self._claims if task.done()]:
            del self._claims[task]
            error = task.exception()
            if error is not None:
                failure = error
            elif (delivery := task.result()) is not None:
                deliveries.append(delivery)
        if deliveries:
            return deliveries
        if failure is not None:
            raise failure
        if self._search is not None and self._search.done():
            search, self._search = self._search, None
            search.result()
        return deliveries

    async def _end_claims(self) -> None:
        """Wait a while for claims on their way; nobody will receive them, so they wait in line again."""
        if not self._claims:
            return
        _, slow = await asyncio.wait(self._claims, timeout=_LEAVING)
        for task in slow:
            task.cancel()
        await asyncio.gather(*self._claims, return_exceptions=True)
        for task, candidate in self._claims.items():
            if task.cancelled() or (task.exception() is None and task.result() is not None):
                self._line.again(candidate)
        self._claims.clear()

    async def _look(self, timeout: float) -> None:
        """Fill the waiting line from the sweep; at its end rest, until something changes or the time is over."""
        now = asyncio.get_running_loop().time
        while not self._resting:
            if not self._sweep.under_way:
                self._sweep_began = now()
            found = await self._sweep.next_page()
            if found is None:
                self._resting = True
                self._swept_at = now()
            elif found:
                self._line.offer(found)
                return
        changed = await self._store.changes(self._path.container, self._rest(timeout))
        self._resting = bool(changed) and now() - self._swept_at < self._store.longest_pause
        self._line.offer(self._sweep.new(changed))

    def _rest(self, timeout: float) -> float:
        """As long as the last sweep took, at least: listing must not fill a host's whole time."""
        return max(timeout, min(self._swept_at - self._sweep_began, _LONGEST_RETRY_PAUSE))

    async def _claim(self, candidate: Candidate) -> BlobDelivery | None:
        """The candidate claimed and read; whatever is wrong with it alone counts as its failed attempt.

        Raises SourceUnavailable; the candidate then comes again.
        """
        try:
            return await self._claimed(candidate)
        except SourceUnavailable:
            self._line.later(candidate, self._pause(candidate))
            raise
        except DeliveryLost:
            candidate.receipt = None
            self._line.later(candidate, self._pause(candidate))
        except Exception as error:
            if not isinstance(error, BlobRefused):
                _log.exception("Blob %r could not be claimed for an unforeseen reason.", candidate.blob.path)
            await self._fail(candidate, error)
        return None

    async def _claimed(self, candidate: Candidate) -> BlobDelivery | None:
        """The candidate claimed and read; None when there is nothing to run for it (now)."""
        outcome = await self._claim_receipt(candidate)
        if isinstance(outcome, Busy):
            pause = max((outcome.until - utc_now()).total_seconds(), self._retry_pause)
            self._line.later(candidate, pause)
            return None
        candidate.receipt = outcome
        candidate.released = False
        if outcome is None:
            self._line.settled(candidate)
            return None
        if not candidate.answered and outcome.attempt > self._max_attempts:
            await self._poison(candidate, outcome, f"was begun {self._max_attempts} times and never finished")
            return None
        content = None if candidate.answered else await self._store.read(candidate.blob)
        if content is None:
            # Answered before, deleted, or overwritten: a newer version has a receipt of its own.
            await self._receipts.complete(outcome)
            self._line.settled(candidate)
            return None
        event = blob_event(candidate.blob, content, self._path, outcome.attempt)
        return BlobDelivery(self, candidate, event, self._receipts.claim_seconds / 3)

    async def _fail(self, candidate: Candidate, error: Exception) -> None:
        """Count a failed attempt: in the receipt, or in memory when there is none."""
        if candidate.receipt is not None and not candidate.answered:
            try:
                await self.abandon(candidate, error)
            except DeliveryLost as lost:
                _log.info("%s", lost)
            return
        pause = self._pause(candidate)
        if candidate.answered or candidate.failures < self._max_attempts:
            self._line.later(candidate, pause)
            return
        self._line.settled(candidate)
        self._log_given_up(candidate, f"could not be claimed {candidate.failures} times, last with {_described(error)}")

    async def _claim_receipt(self, candidate: Candidate) -> Receipt | Busy | None:
        if candidate.receipt is not None:
            try:
                return await self._receipts.renew(candidate.receipt)
            except DeliveryLost:
                candidate.receipt = None
        return await self._receipts.claim(candidate.blob)

    async def _poison(self, candidate: Candidate, receipt: Receipt, story: str) -> None:
        await self._receipts.poison(receipt)
        self._line.settled(candidate)
        self._log_given_up(candidate, story)

    @staticmethod
    def _log_given_up(candidate: Candidate, story: str) -> None:
        _log.error(
            "Blob %r %s. It is given up and stays where it is; write it anew to have it handled again.",
            candidate.blob.path, story,
        )  # fmt: skip

    async def _give_back(self, candidate: Candidate) -> None:
        if candidate.receipt is None:
            return
        try:
            if candidate.answered:
                await self._receipts.complete(candidate.receipt)
            else:
                await self._receipts.release(candidate.receipt, pause=0.0, counted=False)
        except Exception as error:
            _log.info("The claim on blob %r was not given back and runs out: %s", candidate.blob.path, error)

    async def _close(self) -> None:
        await self._receipts.close()
        await self._store.close()


def blob_event(blob: BlobInfo, content: BlobContent, path: BlobPath, attempt: int = 1) -> Event:
    """The event that a blob was written, as functions get it."""
    metadata: dict[str, object] = {
        "BlobTrigger": blob.path,
        "Uri": content.uri,
        "Properties": content.properties,
        "Metadata": content.metadata,
    }
    metadata.update(path.match(blob.path) or {})
    return Event(id=str(uuid.uuid4()), data=content.data, metadata=metadata, attempt=attempt)


def _described(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _is_unavailable(error: BaseException | None) -> bool:
    """Was it storage that failed, not the function? Then the attempt is nobody's fault."""
    while error is not None:
        if isinstance(error, SourceUnavailable):
            return True
        error = error.__cause__
    return False
