"""The blob versions that wait to be claimed: of each name one version at a time."""

import asyncio
import heapq
import itertools
import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from triggers.blob_hub import HandedOver
from triggers.blob_receipts import Receipt
from triggers.blob_store import BlobInfo


@dataclass(slots=True, kw_only=True)
class Candidate:
    """A blob version on its way through the source, with the claim on it once we have one."""

    blob: BlobInfo
    claim_first: bool = False
    """May it have been handled before? Then it is claimed in the ledger before it is read."""
    handed_over: HandedOver | None = None
    """The message that brought it, when it came through the queue."""
    attempt: int = 1
    """Which run of the function is the next; counts from 1."""
    receipt: Receipt | None = None
    released: bool = False
    """The claim was given back, so there is nothing to give back when the source is left."""
    invocation: str = ""
    """Names the run in the log and in traces."""
    answered: bool = False
    """The function succeeded, but its receipt could not be completed yet."""
    failures: int = 0
    """How often it could not be claimed, read, run or settled, whether that counted as an attempt or not."""

    @property
    def is_begun(self) -> bool:
        """Is it ours alone: claimed, answered, or taken out of the queue?"""
        return self.receipt is not None or self.answered or self.handed_over is not None


class WaitingLine:
    """Who is next. A newer version waits until the one of the same name before it is settled.

    Of several newer versions only the newest is kept: the content of the others is gone.
    """

    def __init__(self) -> None:
        self._ready: deque[Candidate] = deque()
        self._later: list[tuple[float, int, Candidate]] = []
        self._order = itertools.count()
        self._present: dict[str, Candidate] = {}
        self._newer: dict[str, tuple[BlobInfo, bool]] = {}
        self.woken = asyncio.Event()
        """Set whenever something was put into the line."""

    def __len__(self) -> int:
        """How many names are on their way: waiting, being claimed, or being run."""
        return len(self._present)

    @property
    def ready(self) -> int:
        """How many could be taken now."""
        return len(self._ready)

    @property
    def taken(self) -> int:
        """How many were taken out and are neither settled nor back: they are being claimed, or being run."""
        return max(len(self._present) - len(self._ready) - len(self._later), 0)

    @property
    def has_next(self) -> bool:
        """Could one be taken now?"""
        self._take_due()
        return bool(self._ready)

    @property
    def next_due(self) -> float:
        """The loop's time when the next one comes back from its pause."""
        return self._later[0][0] if self._later else math.inf

    def offer(self, blobs: Iterable[BlobInfo], *, claim_first: bool = False) -> None:
        """Put new versions at the end of the line."""
        for blob in blobs:
            present = self._present.get(blob.name)
            if present is None:
                self._admit(blob, claim_first=claim_first)
            elif present.blob.etag != blob.etag:
                self._newer[blob.name] = (blob, claim_first)

    def next(self) -> Candidate:
        """Take the first one out; only when `has_next`."""
        return self._ready.popleft()

    def again(self, candidate: Candidate) -> None:
        """Put one that was taken out at the end of the line."""
        self._ready.append(candidate)
        self.woken.set()

    def again_unless_settled(self, candidate: Candidate) -> None:
        """As `again`, for one of which it is not known how far it came."""
        if self._present.get(candidate.blob.name) is candidate and candidate not in self._ready:
            self.again(candidate)

    def knows(self, blob: BlobInfo) -> bool:
        """Is that version on its way already?"""
        present, newer = self._present.get(blob.name), self._newer.get(blob.name)
        return blob.etag in (present and present.blob.etag, newer and newer[0].etag)

    def later(self, candidate: Candidate, pause: float) -> None:
        """Put one that was taken out back after `pause` seconds."""
        due = asyncio.get_running_loop().time() + pause
        heapq.heappush(self._later, (due, next(self._order), candidate))
        self.woken.set()

    def settled(self, candidate: Candidate) -> None:
        """Forget that version; a newer one of its name may come now."""
        candidate.receipt = None
        name = candidate.blob.name
        if self._present.get(name) is not candidate:
            return
        del self._present[name]
        newer = self._newer.pop(name, None)
        if newer is not None:
            self._admit(newer[0], claim_first=newer[1])

    def take_last(self, count: int) -> list[Candidate]:
        """Take up to so many out at the end of the line, none that is claimed."""
        taken: list[Candidate] = []
        while self._ready and len(taken) < count and not self._ready[-1].is_begun:
            taken.append(self._ready.pop())
        return taken

    def forget_unclaimed(self) -> None:
        """Leave what nobody has begun with to whoever looks for it next."""
        self._newer.clear()
        for candidate in self.waiting():
            if not candidate.is_begun:
                self._present.pop(candidate.blob.name, None)
        self._ready = deque(one for one in self._ready if one.is_begun)
        self._later = [entry for entry in self._later if entry[2].is_begun]
        heapq.heapify(self._later)

    @property
    def oldest(self) -> datetime | None:
        """When the oldest version was modified that is on its way: neither done nor handed over."""
        present = [one.blob.last_modified for one in self._present.values()]
        return min([*present, *(blob.last_modified for blob, _ in self._newer.values())], default=None)

    def waiting(self) -> list[Candidate]:
        """All that are neither being claimed nor being run."""
        return [*self._ready, *(candidate for _, _, candidate in self._later)]

    def _admit(self, blob: BlobInfo, *, claim_first: bool = False) -> None:
        self._present[blob.name] = Candidate(blob=blob, claim_first=claim_first)
        self.again(self._present[blob.name])

    def _take_due(self) -> None:
        now = asyncio.get_running_loop().time()
        while self.next_due <= now:
            self._ready.append(heapq.heappop(self._later)[2])
