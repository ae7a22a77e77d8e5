"""Find the blobs that appeared or changed, and hand each version out until it is done."""

import asyncio
import heapq
import itertools
import logging
import uuid
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from triggers.blob_receipts import BlobReceipts, Busy, Receipt, utc_now
from triggers.blob_store import BlobContent, BlobInfo, BlobStore
from triggers.blob_sweep import BlobSweep
from triggers.contract import Event
from triggers.errors import DeliveryLost, SourceUnavailable
from triggers.paths import BlobPath

_log = logging.getLogger(__name__)

_LONGEST_RETRY_PAUSE = 30.0


@dataclass(slots=True, kw_only=True)
class Candidate:
    """A blob version on its way through the source, with the claim on it once we have one."""

    blob: BlobInfo
    receipt: Receipt | None = None
    answered: bool = False
    """The function succeeded, but its receipt could not be completed yet."""


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
        self._waiting: deque[Candidate] = deque()
        self._claims: dict[asyncio.Task[BlobDelivery | None], Candidate] = {}
        self._later: list[tuple[float, int, Candidate]] = []
        self._order = itertools.count()
        self._held: set[tuple[str, str]] = set()

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
        await asyncio.gather(*self._claims, return_exceptions=True)
        answered = [candidate for _, _, candidate in self._later if candidate.answered]
        for candidate in [*self._claims.values(), *self._waiting, *answered]:
            await self._give_back(candidate)
        self._claims.clear()
        await self._close()

    async def receive(self, limit: int, *, timeout: float) -> Sequence[BlobDelivery]:
        """At most `limit` claimed blobs; see triggers.polling.Source."""
        self._take_due()
        if not self._waiting and not self._claims:
            await self._look(timeout)
        while self._waiting and len(self._claims) < limit:
            candidate = self._waiting.popleft()
            self._claims[asyncio.create_task(self._claim(candidate))] = candidate
        if not self._claims:
            return ()
        # Claims are tasks of the source: a cancelled receive loses none, and slow ones do not hold up the others.
        done, _ = await asyncio.wait(self._claims, return_when=asyncio.FIRST_COMPLETED)
        return self._collected(done)

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
        except SourceUnavailable as error:
            candidate.answered = True
            self._offer_later(candidate, self._retry_pause)
            _log.warning("Blob %r was answered, but its receipt must wait: %s", candidate.blob.path, error)
            return
        except DeliveryLost:
            self._forget(candidate)
            raise
        self._forget(candidate)

    async def abandon(self, candidate: Candidate, error: BaseException) -> None:
        """Offer the version again after a growing pause, or give it up for good after the last attempt."""
        receipt = candidate.receipt
        if receipt is None:
            return
        counted = not _is_unavailable(error)
        next_attempt = receipt.attempt + (1 if counted else 0)
        pause = min(self._retry_pause * 2.0 ** (receipt.attempt - 1), _LONGEST_RETRY_PAUSE)
        try:
            if next_attempt > self._max_attempts:
                await self._poison(candidate, receipt, f"failed {receipt.attempt} times, last with {_described(error)}")
                return
            receipt = await self._receipts.release(receipt, pause=pause, counted=counted)
        except DeliveryLost:
            self._forget(candidate)
            raise
        except SourceUnavailable as outage:
            _log.warning("The failure of blob %r could not be noted: %s", candidate.blob.path, outage)
        candidate.receipt = replace(receipt, attempt=next_attempt)
        self._offer_later(candidate, pause)
        _log.warning(
            "Blob %r failed in attempt %d of %d with %s; the next attempt is in %.1f s.",
            candidate.blob.path, next_attempt - counted, self._max_attempts, _described(error), pause,
        )  # fmt: skip

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
            elif found or self._is_due():
                self._offer(found)
                return
        changed = await self._store.changes(self._path.container, self._rest(timeout))
        self._resting = bool(changed) and now() - self._swept_at < self._store.longest_pause
        self._offer(self._sweep.new(changed))

    def _rest(self, timeout: float) -> float:
        """As long as the last sweep took, at least: listing must not fill a host's whole time."""
        rest = max(timeout, min(self._swept_at - self._sweep_began, _LONGEST_RETRY_PAUSE))
        if self._later:
            rest = min(rest, max(self._later[0][0] - asyncio.get_running_loop().time(), 0.0))
        return rest

    def _offer(self, blobs: Iterable[BlobInfo]) -> None:
        for blob in blobs:
            version = (blob.name, blob.etag)
            if version not in self._held:
                self._held.add(version)
                self._waiting.append(Candidate(blob=blob))

    def _offer_later(self, candidate: Candidate, pause: float) -> None:
        due = asyncio.get_running_loop().time() + pause
        heapq.heappush(self._later, (due, next(self._order), candidate))

    def _is_due(self) -> bool:
        return bool(self._later) and self._later[0][0] <= asyncio.get_running_loop().time()

    def _take_due(self) -> None:
        while self._is_due():
            self._waiting.append(heapq.heappop(self._later)[2])

    def _forget(self, candidate: Candidate) -> None:
        candidate.receipt = None
        self._held.discard((candidate.blob.name, candidate.blob.etag))

    def _collected(self, done: Iterable[asyncio.Task[BlobDelivery | None]]) -> list[BlobDelivery]:
        deliveries: list[BlobDelivery] = []
        failure: BaseException | None = None
        for task in done:
            candidate = self._claims.pop(task)
            error = task.exception()
            if error is not None:
                failure = error
                self._waiting.appendleft(candidate)
            elif (delivery := task.result()) is not None:
                deliveries.append(delivery)
        if failure is not None and not deliveries:
            raise failure
        return deliveries

    async def _claim(self, candidate: Candidate) -> BlobDelivery | None:
        """The candidate claimed and read; None when there is nothing to run for it (now)."""
        outcome = await self._claim_receipt(candidate)
        if isinstance(outcome, Busy):
            self._offer_later(candidate, max((outcome.until - utc_now()).total_seconds(), 0.0))
            return None
        candidate.receipt = outcome
        if outcome is None:
            self._forget(candidate)
            return None
        if not candidate.answered and outcome.attempt > self._max_attempts:
            await self._poison(candidate, outcome, f"was begun {self._max_attempts} times and never finished")
            return None
        content = None if candidate.answered else await self._store.read(candidate.blob)
        if content is None:
            # Answered before, deleted, or overwritten: a newer version has a receipt of its own.
            await self._receipts.complete(outcome)
            self._forget(candidate)
            return None
        event = _event(candidate.blob, content, self._path, outcome.attempt)
        return BlobDelivery(self, candidate, event, self._receipts.claim_seconds / 3)

    async def _claim_receipt(self, candidate: Candidate) -> Receipt | Busy | None:
        if candidate.receipt is not None:
            try:
                return await self._receipts.renew(candidate.receipt)
            except DeliveryLost:
                candidate.receipt = None
        return await self._receipts.claim(candidate.blob)

    async def _poison(self, candidate: Candidate, receipt: Receipt, story: str) -> None:
        await self._receipts.poison(receipt)
        self._forget(candidate)
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
        except (SourceUnavailable, DeliveryLost) as error:
            _log.info("The claim on blob %r was not given back and runs out: %s", candidate.blob.path, error)

    async def _close(self) -> None:
        await self._receipts.close()
        await self._store.close()


def _event(blob: BlobInfo, content: BlobContent, path: BlobPath, attempt: int) -> Event:
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
