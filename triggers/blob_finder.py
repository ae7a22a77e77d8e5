"""Look for new versions of blobs while this instance is the one that does, and put them into the waiting line."""

import asyncio
import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from triggers.blob_cursor import BlobCursor
from triggers.blob_receipts import BlobReceipts
from triggers.blob_store import BlobInfo, BlobStore
from triggers.blob_sweep import MARGIN, BlobSweep
from triggers.blob_waiting import WaitingLine
from triggers.errors import SourceUnavailable
from triggers.paths import BlobPath

_REPORT_EVERY = 10.0
_NOTE_EVERY = 60.0
# A container of so many blobs may be listed once per longest pause; a larger one in proportion more seldom.
_WEIGHT = 5000


class BlobFinder:
    """Sweeps one container for one function, from where the last one who looked left off."""

    def __init__(  # noqa: PLR0913 - one argument per part that tests replace
        self, store: BlobStore, path: BlobPath, receipts: BlobReceipts, cursor: BlobCursor, line: WaitingLine, *,
        function: str, from_now: bool = False, events_every: float = 0.0,
    ) -> None:  # fmt: skip
        """`events_every`: events tell of blobs, so a look every so many seconds finds only those of lost events."""
        self._store = store
        self._path = path
        self._receipts = receipts
        self._cursor = cursor
        self._line = line
        self._function = function
        self._from_now = from_now
        self._events_every = events_every
        self.searched_until: datetime | None = None
        """Every version modified before was named, by this instance or those before it; None until a sweep is over."""
        self._sweep: BlobSweep | None = None
        self._claim_first = self._unfinished = False
        self._claim_until: datetime | None = None
        self._start_from: datetime | None = None
        self._spent = self._rest_until = self._reported_at = 0.0
        self._noted_at = -math.inf
        cursor.join(function)

    def forget(self) -> None:
        """Begin anew with the next look: somebody else may have looked meanwhile."""
        self._sweep = self.searched_until = None

    async def look(self, timeout: float) -> None:
        """Fill the waiting line from the sweep; at its end rest, until something changes or the time is over.

        Raises SourceUnavailable.
        """
        now = asyncio.get_running_loop().time
        sweep = self._sweep = self._sweep or await self._begin()
        while now() >= self._rest_until:
            if not sweep.under_way:
                self._spent = 0.0
            asked = now()
            found = await sweep.next_page()
            self._spent += now() - asked
            if found is None:
                self._end(sweep, timeout)
            elif found:
                self._offer(found)
                return
        await self._report()
        changed = await self._store.changes(self._path.container, max(self._rest_until - now(), 0.0))
        self._offer(sweep.told(changed))

    async def leave(self) -> None:
        """Keep how far the search has come; raises SourceUnavailable."""
        self._reported_at = 0.0
        await self._report(leaving=True)

    async def _begin(self) -> BlobSweep:
        """Whoever looked before may have done, or begun, what the first sweep finds; if anybody did."""
        beginning = await self._receipts.beginning()
        saved = await self._cursor.load()
        # Those that events tell of come through the queue, where each has its receipt before it is run.
        self._claim_first = self._events_every > 0 or not beginning.is_first
        self._claim_until = None
        self._unfinished = beginning.is_unfinished
        self._rest_until = 0.0
        since = beginning.start_from
        if beginning.is_first:
            since = await self._account_time() if self._from_now else None
            self._unfinished = not self._from_now
            await self._receipts.note_begun(unfinished=self._unfinished, start_from=since)
        elif saved is not None and not beginning.is_unfinished:
            # The cursor may be other functions' alone, which were not switched off.
            until = min(saved, beginning.searched_until or saved) - MARGIN
            since = max(until, since or until)
        self._start_from = since if beginning.is_first else beginning.start_from
        return BlobSweep(self._store, self._path, since=since)

    def _offer(self, blobs: Sequence[BlobInfo]) -> None:
        for blob in blobs:
            self._line.offer([blob], claim_first=self._claim_first or self._may_be_known(blob))

    def _may_be_known(self, blob: BlobInfo) -> bool:
        """Might this version have been named before, by whoever looked then? Then it has to be claimed.

        Some that were there before are named after the first sweep: a folder names no file that is just written.
        """
        sweep = self._sweep
        if blob.is_doubtful or sweep is None or sweep.repeats:
            return True
        bounds = [moment for moment in (self._claim_until, sweep.since) if moment is not None]
        return any(blob.last_modified <= moment for moment in bounds)

    def _end(self, sweep: BlobSweep, timeout: float) -> None:
        now = asyncio.get_running_loop().time()
        if self._claim_first:
            self._claim_until = sweep.last_began
        self._claim_first = self._events_every > 0
        self.searched_until = sweep.since
        weight = sweep.listed / _WEIGHT
        every = self._store.longest_pause * weight if weight > 1 else 0.0
        # Looking takes half of the time at most; the work on what was found may take any time, and does not count.
        self._rest_until = now + max(timeout, every - self._spent, self._spent, self._events_every)

    async def _report(self, *, leaving: bool = False) -> None:
        """Only of whole sweeps: until the first one is over nothing is known."""
        now = asyncio.get_running_loop().time()
        if self.searched_until is None or (self._reported_at and now - self._reported_at < _REPORT_EVERY):
            return
        self._reported_at = now
        searched, oldest = self.searched_until, self._line.oldest
        finished = min(searched, oldest or searched)
        await self._cursor.report(self._function, finished)
        self._unfinished = self._unfinished and finished < searched
        if not self._unfinished and (leaving or now - self._noted_at > _NOTE_EVERY):
            self._noted_at = now
            await self._receipts.note_begun(unfinished=False, start_from=self._start_from, searched_until=finished)

    async def _account_time(self) -> datetime:
        async for page in self._store.pages(self._path.container, self._path.prefix):
            return page.listed_at - timedelta(seconds=1)
        raise SourceUnavailable(f"The listing of container {self._path.container!r} came without a page.")
