"""The blob versions that wait to be claimed: of each name one version at a time."""

import asyncio
import heapq
import itertools
import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from triggers.blob_receipts import Receipt
from triggers.blob_store import BlobInfo


@dataclass(slots=True, kw_only=True)
class Candidate:
    """A blob version on its way through the source, with the claim on it once we have one."""

    blob: BlobInfo
    receipt: Receipt | None = None
    released: bool = False
    """The claim was given back with a pause, so there is nothing to give back when the source is left."""
    answered: bool = False
    """The function succeeded, but its receipt could not be completed yet."""
    failures: int = 0
    """How often it could not be claimed, read, run or settled, whether that counted as an attempt or not."""


class WaitingLine:
    """Who is next. A newer version waits until the one of the same name before it is settled.

    Of several newer versions only the newest is kept: the content of the others is gone.
    """

    def __init__(self) -> None:
        self._ready: deque[Candidate] = deque()
        self._later: list[tuple[float, int, Candidate]] = []
        self._order = itertools.count()
        self._present: dict[str, Candidate] = {}
        self._newer: dict[str, BlobInfo] = {}
        self.woken = asyncio.Event()
        """Set whenever something was put into the line."""

    def __len__(self) -> int:
        """How many names are on their way: waiting, being claimed, or being run."""
        return len(self._present)

    @property
    def has_next(self) -> bool:
        """Could one be taken now?"""
        self._take_due()
        return bool(self._ready)

    @property
    def next_due(self) -> float:
        """The loop's time when the next one comes back from its pause."""
        return self._later[0][0] if self._later else math.inf

    def offer(self, blobs: Iterable[BlobInfo]) -> None:
        """Put new versions at the end of the line."""
        for blob in blobs:
            present = self._present.get(blob.name)
            if present is None:
                self._admit(blob)
            elif present.blob.etag != blob.etag:
                self._newer[blob.name] = blob

    def next(self) -> Candidate:
        """Take the first one out; only when `has_next`."""
        return self._ready.popleft()

    def again(self, candidate: Candidate) -> None:
        """Put one that was taken out at the end of the line."""
        self._ready.append(candidate)
        self.woken.set()

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
            self._admit(newer)

    def waiting(self) -> list[Candidate]:
        """All that are neither being claimed nor being run."""
        return [*self._ready, *(candidate for _, _, candidate in self._later)]

    def _admit(self, blob: BlobInfo) -> None:
        self._present[blob.name] = Candidate(blob=blob)
        self.again(self._present[blob.name])

    def _take_due(self) -> None:
        now = asyncio.get_running_loop().time()
        while self.next_due <= now:
            self._ready.append(heapq.heappop(self._later)[2])
