"""Now and then go through all blobs there are and prove that none was missed; what was, is handled after all."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from triggers.blob_finder import BlobFinder
from triggers.blob_receipts import BlobReceipts, utc_now
from triggers.blob_store import BlobPage, BlobStore
from triggers.blob_waiting import WaitingLine
from triggers.errors import BlobRefused
from triggers.paths import BlobPath

_log = logging.getLogger(__name__)

# Each old blob costs a request; there is no hurry.
_PAUSE = 0.02
_ANOTHER_TRY = 60.0
_CROWDED = 100


class BlobProof:
    """Reads the receipt of every blob that a search must have come across, `every` so often.

    `queued` counts the versions in the queue, hidden ones too, never too few.
    """

    def __init__(  # noqa: PLR0913 - one argument per part that tests replace
        self, store: BlobStore, path: BlobPath, receipts: BlobReceipts, finder: BlobFinder, line: WaitingLine, *,
        queued: Callable[[], Awaitable[int]], every: timedelta = timedelta(days=1), pause: float = _PAUSE,
    ) -> None:  # fmt: skip
        self._store = store
        self._path = path
        self._matches = path.matcher().fullmatch
        self._receipts = receipts
        self._finder = finder
        self._line = line
        self._queued = queued
        self._every = every
        self._pause = pause
        self.missed = 0
        """How many blobs were found that way so far."""

    @property
    def is_wanted(self) -> bool:
        """May it be run at all?"""
        return self._every > timedelta(0)

    async def run(self) -> None:
        """Prove it whenever it is due; never returns. Raises SourceUnavailable."""
        while True:
            await asyncio.sleep(await self._due_in())
            searched = self._finder.searched_until
            if searched is None:
                # What lies behind a search that is under way was not missed.
                await asyncio.sleep(_ANOTHER_TRY)
                continue
            await self.prove(searched)
            await self._receipts.note_proved()

    async def prove(self, searched: datetime) -> int:
        """Offer every version modified before `searched` that has no receipt; how many were there?

        Raises SourceUnavailable.
        """
        if not await self._queued():
            self._receipts.note_empty_queue()
        start = (await self._receipts.beginning()).start_from
        looked_at = missed = 0
        async for page in self._store.pages(self._path.container, self._path.prefix):
            counts = await self._proved(page, start, searched)
            looked_at, missed = looked_at + counts[0], missed + counts[1]
        self.missed += missed
        _log.info("All %d blobs of %r were looked at; %d were missed before.", looked_at, self._path.text, missed)
        return missed

    async def _proved(self, page: BlobPage, start: datetime | None, searched: datetime) -> tuple[int, int]:
        missed = 0
        old = [blob for blob in page.blobs if blob.last_modified < searched and self._matches(blob.path)]
        wanted = [blob for blob in old if start is None or blob.last_modified >= start]
        for blob in wanted:
            if self._line.knows(blob):
                continue
            await asyncio.sleep(self._pause)
            try:
                is_known = await self._receipts.is_known(blob)
            except BlobRefused:
                # There can be no receipt for such a name; it was given up, or runs at every start.
                continue
            if not is_known:
                missed += 1
                _log.warning("Blob %r was missed by the search; it is handled now.", blob.path)
                self._line.offer([blob], claim_first=True)
            while self._line.ready > _CROWDED:  # noqa: ASYNC110 because the line tells of no room
                await asyncio.sleep(1.0)
        return len(wanted), missed

    async def _due_in(self) -> float:
        last = await self._receipts.proved_at()
        if last is None:
            await self._receipts.note_proved()
            last = utc_now()
        return max((last + self._every - utc_now()).total_seconds(), 0.0)
