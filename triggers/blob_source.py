"""Hand out each version of the blobs of one path: those this instance finds itself, and those from the queue."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from triggers.blob_hub import BlobHub, HandedOver, Inbox
from triggers.blob_pace import BlobPace
from triggers.blob_receipts import BlobReceipts, Busy, Receipt, utc_now
from triggers.blob_search import BlobSearch
from triggers.blob_settling import BlobSettling
from triggers.blob_store import BlobContent, BlobInfo, BlobStore
from triggers.blob_waiting import Candidate, WaitingLine
from triggers.contract import Backlog, Event
from triggers.errors import BlobRefused, DeliveryLost, SourceUnavailable
from triggers.paths import BlobPath

_log = logging.getLogger(__name__)

# Seconds that leaving the source waits for claims on their way.
_LEAVING = 5.0
# While its own line is long an instance takes one from the queue now and then: what failed waits there, too.
_BESIDE_THE_LINE = 1.0


class BlobDelivery:
    """One blob version to run the function for."""

    def __init__(self, settling: BlobSettling, pace: BlobPace, candidate: Candidate, event: Event) -> None:
        self._settling = settling
        self._pace = pace
        self._candidate = candidate
        self._event = event

    @property
    def event(self) -> Event:
        return self._event

    @property
    def renew_every(self) -> float | None:
        return self._settling.renew_every(self._candidate)

    async def renew(self) -> None:
        await self._settling.renew(self._candidate)

    async def complete(self) -> None:
        self._pace.ended()
        await self._settling.complete(self._candidate)

    async def abandon(self, error: BaseException) -> None:
        self._pace.ended()
        await self._settling.abandon(self._candidate, error)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobParts:
    """What a source is made of."""

    store: BlobStore
    path: BlobPath
    receipts: BlobReceipts
    line: WaitingLine
    search: BlobSearch
    settling: BlobSettling
    hub: BlobHub
    inbox: Inbox
    pace: BlobPace


class BlobSource:
    """The blobs of one path for one function, as triggers.polling.Source."""

    def __init__(self, parts: BlobParts) -> None:
        self._parts = parts
        self._line = parts.line
        self._hub = parts.hub
        self._inbox = parts.inbox
        # Claims are tasks of the source: a cancelled receive loses none, and slow ones hold up nobody.
        self._claims: dict[asyncio.Task[BlobDelivery | None], Candidate] = {}

    async def __aenter__(self) -> Self:
        try:
            await self._parts.store.open(self._parts.path.container)
        except BaseException:  # because nobody leaves what was never entered, cancelled or not
            await self._close()
            raise
        self._hub.join(self._inbox)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._parts.search.end()
        await self._end_claims()
        for candidate in self._line.waiting():
            await self._parts.settling.give_back(candidate)
        await self._hub.leave(self._inbox)
        await self._close()

    async def receive(self, limit: int, *, timeout: float) -> Sequence[BlobDelivery]:
        """At most `limit` blobs; see triggers.polling.Source."""
        now = asyncio.get_running_loop().time
        deadline = now() + timeout
        try:
            while True:
                self._line.woken.clear()
                deliveries = self._collected()
                if deliveries:
                    return deliveries
                self._begin(limit, timeout)
                if now() >= deadline:
                    return ()
                # Not wait_for, which in Python 3.11 forgets that it was cancelled when it is woken at the same time.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(min(deadline, self._line.next_due)):
                        await self._line.woken.wait()
        finally:
            self._inbox.room = 0

    def backlog(self) -> Backlog:
        """What waits for the function here; messages that were taken are still in the queue, and counted there."""
        is_holder, look = self._hub.is_holder, self._hub.look
        moments = [self._line.oldest, *(work.received.inserted for work in self._inbox.waiting)]
        if is_holder:
            moments.append(look.oldest(self._inbox.function))
        return Backlog(
            pending=sum(candidate.handed_over is None for candidate in self._line.waiting()),
            oldest=min((moment for moment in moments if moment is not None), default=None),
            queued=look.count if is_holder else 0,
            given_up=self._parts.settling.given_up,
            is_looking=is_holder,
        )

    def _begin(self, limit: int, timeout: float) -> None:
        """Prepare as many as there is room for, from the queue first, and look for more when none are left."""
        self._parts.search.note_role()
        pace = self._parts.pace
        free = pace.room(limit - len(self._claims), len(self._claims))
        own = pace.own(free, self._line.taken)
        while free > 0:
            if self._inbox.waiting:
                candidate = self._from_queue(self._inbox.take())
            elif own > 0 and self._line.has_next:
                candidate, own = self._line.next(), own - 1
            else:
                break
            task = asyncio.create_task(self._prepare(candidate))
            self._claims[task] = candidate
            task.add_done_callback(self._wake)
            free -= 1
        self._make_room(free)
        self._parts.search.begin(timeout)

    def _make_room(self, free: int) -> None:
        if self._line.has_next and self._parts.pace.is_quick:
            since = asyncio.get_running_loop().time() - self._inbox.last_taken
            free = 1 if since > _BESIDE_THE_LINE else 0
        self._inbox.room = free
        if free:
            self._hub.made_room()

    def _wake(self, _: asyncio.Task[object]) -> None:
        self._line.woken.set()

    def _collected(self) -> list[BlobDelivery]:
        """What the finished tasks brought; raises SourceUnavailable once nothing else is left to hand out."""
        deliveries: list[BlobDelivery] = []
        failure: BaseException | None = None
        for task in [task for task in self._claims if task.done()]:
            del self._claims[task]
            error = task.exception()
            if error is not None:
                failure = error
            elif (delivery := task.result()) is not None:
                self._parts.pace.began()
                deliveries.append(delivery)
        if deliveries:
            return deliveries
        if failure is not None:
            raise failure
        self._parts.search.check()
        return deliveries

    async def _prepare(self, candidate: Candidate) -> BlobDelivery | None:
        """The candidate claimed and read; whatever is wrong with it alone counts as its failed attempt.

        Raises SourceUnavailable; the candidate then comes again.
        """
        settling = self._parts.settling
        try:
            return await self._prepared(candidate)
        except SourceUnavailable:
            self._line.later(candidate, settling.pause(candidate))
            raise
        except DeliveryLost as lost:
            _log.info("%s", lost)
            self._line.settled(candidate)
        except Exception as error:
            if not isinstance(error, BlobRefused):
                _log.exception("Blob %r could not be claimed for an unforeseen reason.", candidate.blob.path)
            await self._abandoned(candidate, error)
        return None

    async def _abandoned(self, candidate: Candidate, error: Exception) -> None:
        """Whatever comes of it concerns this candidate alone: the others are handed out."""
        settling = self._parts.settling
        try:
            await settling.abandon(candidate, error)
        except DeliveryLost as lost:
            _log.info("%s", lost)
        except Exception:  # because what is wrong with one blob must not stop the source
            _log.exception("The failure of blob %r could not be noted; it comes again.", candidate.blob.path)
            self._line.later(candidate, settling.pause(candidate))

    async def _prepared(self, candidate: Candidate) -> BlobDelivery | None:
        """None when there is nothing to run for it (now)."""
        settling = self._parts.settling
        if candidate.answered:
            await settling.complete(candidate)
            return None
        if not await self._is_ours(candidate):
            return None
        if settling.must_give_up(candidate):
            await settling.give_up(candidate, f"was begun {settling.max_attempts} times and never finished")
            return None
        if candidate.handed_over is not None:
            await self._hub.note_begun(candidate.handed_over)
        content = await self._parts.store.read(candidate.blob)
        if content is None:
            # Deleted, or overwritten: a newer version comes by itself.
            await settling.drop(candidate)
            return None
        replay = candidate.handed_over.content.replay if candidate.handed_over else ""
        event = blob_event(candidate.blob, content, self._parts.path, candidate.attempt, replay)
        candidate.invocation = event.id
        return BlobDelivery(settling, self._parts.pace, candidate, event)

    async def _is_ours(self, candidate: Candidate) -> bool:
        """Claim it, unless nobody else can have it; False when there is nothing to do (now)."""
        work = candidate.handed_over
        if work is not None:
            if candidate.failures or candidate.released:
                await self._hub.renew(work)
                candidate.released = False
            # Somebody had it before, and may have come to its end but for the message.
            is_second = work.received.dequeue_count > 1 and work.content.noted and not work.content.replay
            if is_second and await self._parts.receipts.is_done(candidate.blob):
                await self._parts.settling.drop(candidate)
                return False
            return True
        if not candidate.claim_first:
            return True
        outcome = await self._claim_receipt(candidate)
        if isinstance(outcome, Busy):
            remaining = (outcome.until - utc_now()).total_seconds()
            self._line.later(candidate, max(remaining, self._parts.settling.pause(candidate)))
            return False
        if outcome is None:
            self._line.settled(candidate)
            return False
        candidate.receipt, candidate.attempt, candidate.released = outcome, outcome.attempt, False
        return True

    async def _claim_receipt(self, candidate: Candidate) -> Receipt | Busy | None:
        if candidate.receipt is not None:
            try:
                return await self._parts.receipts.renew(candidate.receipt)
            except DeliveryLost:
                candidate.receipt = None
        return await self._parts.receipts.claim(candidate.blob)

    @staticmethod
    def _from_queue(work: HandedOver) -> Candidate:
        return Candidate(blob=work.content.blob, handed_over=work, attempt=work.attempt)

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

    async def _close(self) -> None:
        await self._parts.settling.close()
        await self._parts.receipts.close()
        await self._parts.store.close()


def blob_event(blob: BlobInfo, content: BlobContent, path: BlobPath, attempt: int = 1, replay: str = "") -> Event:
    """The event that a blob was written, as functions get it; a replay is named under `Replay`."""
    metadata: dict[str, object] = {
        "BlobTrigger": blob.path,
        "Uri": content.uri,
        "Properties": content.properties,
        "Metadata": content.metadata,
    }
    metadata.update(path.match(blob.path) or {})
    if replay:
        metadata["Replay"] = replay
    return Event(id=str(uuid.uuid4()), data=content.data, metadata=metadata, attempt=attempt)
