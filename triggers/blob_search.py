"""What only the instance does that looks for blobs: look, hand some over to others, prove that none was missed."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from triggers.blob_finder import BlobFinder
from triggers.blob_hub import BlobHub
from triggers.blob_proof import BlobProof
from triggers.blob_spill import BlobSpill
from triggers.blob_waiting import WaitingLine
from triggers.errors import SourceUnavailable

_log = logging.getLogger(__name__)


class BlobSearch:
    """Fills the waiting line of one function while the hub holds the lease; each part is a task of its own."""

    def __init__(
        self, finder: BlobFinder, spill: BlobSpill, proof: BlobProof, line: WaitingLine, hub: BlobHub
    ) -> None:  # fmt: skip
        self._finder = finder
        self._spill = spill
        self._proof = proof
        self._line = line
        self._hub = hub
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._times_held = 0

    def begin(self, timeout: float) -> None:
        """Start what is not under way and of use now; a look takes about `timeout` seconds when nothing is found."""
        if not self._hub.is_holder:
            return
        if not self._line.has_next:
            self._start("look", lambda: self._finder.look(timeout))
        if self._spill.is_due:
            self._start("spill", self._spill.run)
        # Its notes are beside the receipts, by which the first search sees whether it is the first.
        if self._proof.is_wanted and self._finder.searched_until is not None:
            self._start("proof", self._proof.run)

    def check(self) -> None:
        """Forget what has ended; raises what it raised."""
        ended = {name: task for name, task in self._tasks.items() if task.done()}
        for name in ended:
            del self._tasks[name]
        for task in ended.values():
            if not task.cancelled():
                task.result()

    async def end(self) -> None:
        """Stop it all, and keep how far the search has come."""
        tasks, self._tasks = list(self._tasks.values()), {}
        for task in tasks:
            task.cancel()
        for problem in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(problem, Exception):
                _log.info("The search ended with %s: %s", type(problem).__name__, problem)
        if self._hub.is_holder:
            try:
                await self._finder.leave()
            except SourceUnavailable as outage:
                _log.info("How far the search has come could not be kept: %s", outage)

    def note_role(self) -> None:
        """Forget what another instance may have found meanwhile: before anything is taken out of the line."""
        if self._hub.is_holder and self._times_held == self._hub.times_held:
            return
        for task in self._tasks.values():
            task.cancel()
        self._line.forget_unclaimed()
        if self._hub.is_holder:
            self._times_held = self._hub.times_held
            self._finder.forget()

    def _start(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if name not in self._tasks:
            self._tasks[name] = asyncio.create_task(work())
            self._tasks[name].add_done_callback(lambda _: self._line.woken.set())
