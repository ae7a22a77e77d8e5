"""Hand blobs to other instances, as many as they take and no more."""

import asyncio
import logging

from triggers.blob_hub import BlobHub
from triggers.blob_messages import BlobMessage
from triggers.blob_pace import BlobPace
from triggers.blob_receipts import BlobReceipts
from triggers.blob_waiting import Candidate, WaitingLine
from triggers.errors import BlobRefused, SourceUnavailable

_log = logging.getLogger(__name__)

# A short rush is over before anybody could help.
_PATIENCE = 0.5
_LOOK_EVERY = 0.25
_SMALLEST, _LARGEST = 32, 1024
_FIRST_TRIAL_PAUSE, _LONGEST_TRIAL_PAUSE = 2.0, 30.0
_AT_ONCE = 8


class BlobSpill:
    """Keeps some blobs in the queue while more wait than this instance runs; how many depends on who takes them.

    A blob costs three more requests this way, so none is handed over for nobody: the queue is filled up only when
    others have taken half of it, and further each time they have taken it all. Now and then it is tried whether
    there are others. Where runs are slow that cost is nothing, and every instance, this one too, takes from the queue.
    """

    def __init__(
        self, line: WaitingLine, hub: BlobHub, receipts: BlobReceipts, pace: BlobPace, *, function: str
    ) -> None:  # fmt: skip
        self._line = line
        self._hub = hub
        self._receipts = receipts
        self._pace = pace
        self._function = function
        self._window = _SMALLEST
        self._others = 0
        self._trial_pause = _FIRST_TRIAL_PAUSE
        self._next_trial = 0.0

    @property
    def is_due(self) -> bool:
        """Does more wait than this instance begins with at once?"""
        return self._hub.is_holder and self._line.ready > self._kept

    @property
    def _kept(self) -> int:
        """So many stay in line: this instance comes to them sooner than they could be handed over."""
        return _AT_ONCE if self._pace.is_quick else 0

    async def run(self) -> None:
        """Returns when little waits, or another instance does the looking; raises SourceUnavailable."""
        await asyncio.sleep(_PATIENCE)
        while self.is_due:
            await self._fill_up(await self._hub.count())
            await asyncio.sleep(_LOOK_EVERY)

    async def _fill_up(self, count: int) -> None:
        """Hand over what others may take now that `count` are in the queue."""
        others = self._hub.taken_by_others(count)
        now = asyncio.get_running_loop().time()
        is_for_nobody = self._pace.is_quick and others <= self._others and now < self._next_trial
        if count > self._window / 2 or is_for_nobody:
            return
        if others > self._others:
            self._trial_pause = _FIRST_TRIAL_PAUSE
            self._window = min(self._window * 2, _LARGEST) if count == 0 else self._window
        else:
            self._trial_pause = min(self._trial_pause * 2, _LONGEST_TRIAL_PAUSE)
            self._window = _SMALLEST
        self._others = others
        self._next_trial = now + self._trial_pause
        await self._hand_over(self._window - count)

    async def _hand_over(self, count: int) -> None:
        taken = self._line.take_last(min(count, self._line.ready - self._kept))
        waiting = iter(taken)

        async def work() -> None:
            for candidate in waiting:
                await self._one(candidate)

        try:
            await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
        except asyncio.CancelledError:
            # Some may be in the queue already, and others may have looked meanwhile.
            for candidate in taken:
                candidate.claim_first = True
                self._line.again_unless_settled(candidate)
            raise

    async def _one(self, candidate: Candidate) -> None:
        blob = candidate.blob
        try:
            if not (candidate.claim_first and await self._receipts.is_known(blob)):
                message = BlobMessage(
                    function=self._function, container=blob.container, name=blob.name, etag=blob.etag,
                    attempts=candidate.attempt - 1, noted=True,
                )  # fmt: skip
                await self._hub.send(message)
                await self._receipts.note_queued(blob)
        except (SourceUnavailable, BlobRefused) as error:
            _log.info("Blob %r is not handed over: %s", blob.path, error)
            self._line.again(candidate)
        else:
            self._line.settled(candidate)
