"""How much of the waiting work one instance takes: of slow functions no more than it can really run."""

import asyncio
import os
from collections import deque

_QUICK = 8
"""Runs within a second that make a function quick."""
_FEW = max(2, os.cpu_count() or 1)


class BlobPace:
    """Knows how fast the runs of one function end here; `parallel` of them go on at once, None for any number."""

    def __init__(self, parallel: int | None = None) -> None:
        self._parallel = parallel
        self._ended: deque[float] = deque(maxlen=_QUICK)
        self._running = 0

    def began(self) -> None:
        """A blob is handed to the function."""
        self._running += 1

    def ended(self) -> None:
        """A run came to its end."""
        self._running -= 1
        self._ended.append(asyncio.get_running_loop().time())

    @property
    def is_quick(self) -> bool:
        """Did several runs end in the last second? Not known of a function is the same as no."""
        return len(self._ended) == _QUICK and self._ended[0] > asyncio.get_running_loop().time() - 1.0

    def room(self, free: int, prepared: int) -> int:
        """How many more to take, when there is room for `free` and `prepared` are about to run.

        A quick function has its next blobs read while others run. Of a slow one nothing is taken that would only
        wait here while another instance could run it; one is read ahead.
        """
        if self.is_quick or self._parallel is None:
            return free
        return min(max(self._parallel + 1 - self._running - prepared, 0), free)

    def own(self, free: int, taken: int) -> int:
        """How many of them from its own line, of which `taken` are under way.

        Of a slow function a few only: the queue shares the others among all instances, this one included.
        """
        return free if self.is_quick else min(max(_FEW - taken, 0), free)
