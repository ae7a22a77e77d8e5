"""How a blob version comes to its end: done, tried again later, or given up; by whichever way it came."""

import logging
import math
from collections.abc import Awaitable
from dataclasses import dataclass, replace

from triggers.blob_failures import BlobFailures
from triggers.blob_hub import CLAIM_SECONDS, BlobHub
from triggers.blob_messages import POISON_QUEUE, BlobMessage
from triggers.blob_receipts import BlobReceipts, Receipt
from triggers.blob_store import BlobInfo
from triggers.blob_waiting import Candidate, WaitingLine
from triggers.errors import BlobRefused, DeliveryLost, InvalidPath, SourceUnavailable, is_unavailable
from triggers.queue_store import QueueStore

_log = logging.getLogger(__name__)

_LONGEST_RETRY_PAUSE = 30.0


class BlobSettling:
    """Settles candidates of one function; `poison` are the queues beside the blobs."""

    def __init__(  # noqa: PLR0913 - one argument per part that tests replace
        self, receipts: BlobReceipts, hub: BlobHub, failures: BlobFailures, poison: QueueStore, line: WaitingLine, *,
        function: str, max_attempts: int = 5, retry_pause: float = 0.5,
    ) -> None:  # fmt: skip
        self._receipts = receipts
        self._hub = hub
        self._failures = failures
        self._poison = poison
        self._line = line
        self._function = function
        self._retry_pause = retry_pause
        # What is being given up: whatever brings the version again meanwhile, the same is told of it.
        self._farewells: dict[tuple[str, str, str], _Farewell] = {}
        self.max_attempts = max_attempts
        self.given_up = 0
        """How many versions were given up."""

    def renew_every(self, candidate: Candidate) -> float:
        """Seconds after which its claim must be renewed."""
        return (self._receipts.claim_seconds if candidate.handed_over is None else CLAIM_SECONDS) / 3

    async def renew(self, candidate: Candidate) -> None:
        """Hold the claim for another full time; raises DeliveryLost or SourceUnavailable."""
        if candidate.handed_over is not None:
            await self._hub.renew(candidate.handed_over)
        elif candidate.receipt is not None:
            candidate.receipt = await self._receipts.renew(candidate.receipt)
        else:
            await self._claim_late(candidate)

    def must_give_up(self, candidate: Candidate) -> bool:
        """Is it not to be run any more?"""
        return candidate.attempt > self.max_attempts or _version(candidate) in self._farewells

    async def complete(self, candidate: Candidate) -> None:
        """Mark the version as done; raises DeliveryLost when another instance took it over meanwhile."""
        try:
            await self._note_done(candidate)
        except DeliveryLost:
            self._line.settled(candidate)
            raise
        except Exception as error:
            self._answered(candidate, error)
            return
        self._line.settled(candidate)
        try:
            replayed = candidate.handed_over is not None and bool(candidate.handed_over.content.replay)
            await self._failures.forget(candidate.blob, surely=replayed)
        except (SourceUnavailable, BlobRefused, InvalidPath) as error:
            _log.warning("What tells of an earlier failure of %r stays: %s", candidate.blob.path, error)

    async def drop(self, candidate: Candidate) -> None:
        """Nothing is to be run for it: it is gone, overwritten, or done already. Raises SourceUnavailable."""
        if candidate.receipt is not None:
            await self._receipts.complete(candidate.receipt)
        if candidate.handed_over is not None:
            await self._hub.done(candidate.handed_over)
        self._forget(candidate)

    async def abandon(self, candidate: Candidate, error: BaseException) -> None:
        """Have the version tried again after a growing pause, or give it up after the last attempt.

        Raises DeliveryLost. That storage could not be reached is no attempt.
        """
        counted = not is_unavailable(error)
        if counted and candidate.attempt >= self.max_attempts:
            story = f"failed {candidate.attempt} times, last with {described(error)}"
            await self.give_up(candidate, story, error)
            return
        candidate.failures = max(candidate.failures, candidate.attempt - 1)
        pause = self.pause(candidate)
        _log.warning(
            "Blob %r failed in attempt %d of %d with %s; the next attempt is in %.1f s.",
            candidate.blob.path, candidate.attempt, self.max_attempts, described(error), pause,
        )  # fmt: skip
        try:
            await self._let_come_again(candidate, pause, counted=counted)
        except DeliveryLost:
            self._line.settled(candidate)
            raise
        except Exception as outage:
            _log.warning("The failure of blob %r could not be noted: %s", candidate.blob.path, described(outage))
            if candidate.handed_over is None:
                candidate.attempt += counted
                self._line.later(candidate, pause)

    async def give_up(self, candidate: Candidate, story: str, error: BaseException | None = None) -> None:
        """Note the failure, put a message into the poison queue, and never hand the version out again.

        Whatever storage refuses of that is logged; what cannot be reached has the rest done later, and the same told.
        """
        attempt = min(candidate.attempt, self.max_attempts)
        given = _Farewell(story=story, error=error, attempt=attempt, trace=candidate.invocation)
        farewell = self._farewells.setdefault(_version(candidate), given)
        try:
            await self._say(farewell, candidate.blob)
            if candidate.handed_over is not None:
                await self._hub.done(candidate.handed_over)
        except DeliveryLost:
            self._forget(candidate)
            raise
        except SourceUnavailable as outage:
            _log.warning("Blob %r is to be given up, but that must wait: %s", candidate.blob.path, outage)
            self._line.later(candidate, self.pause(candidate))
            return
        self._forget(candidate)
        self.given_up += 1
        _log.error(
            "Blob %r %s. It is given up and stays where it is; replay it, or write it anew, to have it handled again.",
            candidate.blob.path, farewell.story,
        )  # fmt: skip

    async def give_back(self, candidate: Candidate) -> None:
        """Let another instance have it at once, as we leave."""
        try:
            if candidate.answered:
                await self._note_done(candidate)
            elif candidate.handed_over is not None:
                candidate.released = True
                await self._hub.give_back(candidate.handed_over, failed=False, pause=0)
            elif candidate.receipt is not None and not candidate.released:
                await self._receipts.release(candidate.receipt, pause=0.0, counted=False)
        except Exception as error:
            _log.info("The claim on blob %r was not given back and runs out: %s", candidate.blob.path, error)

    def pause(self, candidate: Candidate) -> float:
        """How long one that failed once more has to wait."""
        candidate.failures += 1
        return min(self._retry_pause * 2.0 ** min(candidate.failures - 1, 16), _LONGEST_RETRY_PAUSE)

    async def close(self) -> None:
        """Let go of connections; the next use opens them again."""
        await self._failures.close()
        await self._poison.close()

    async def _note_done(self, candidate: Candidate) -> None:
        if candidate.receipt is not None:
            await self._receipts.complete(candidate.receipt)
        else:
            await self._receipts.note_done(candidate.blob)
        if candidate.handed_over is not None:
            await self._hub.done(candidate.handed_over)

    def _answered(self, candidate: Candidate, error: Exception) -> None:
        """Try to write the receipt again later, without another run; but not for ever what will never be written."""
        candidate.answered = True
        path, why = candidate.blob.path, described(error)
        if candidate.failures < self.max_attempts or is_unavailable(error):
            self._line.later(candidate, self.pause(candidate))
            _log.warning("Blob %r was answered, but its receipt must wait: %s", path, why)
            return
        self._line.settled(candidate)
        _log.error("Blob %r was answered, but there can be no receipt; a restarted host may run it: %s", path, why)

    async def _let_come_again(self, candidate: Candidate, pause: float, *, counted: bool) -> None:
        seconds = math.ceil(pause)
        if candidate.handed_over is not None:
            await self._hub.give_back(candidate.handed_over, failed=counted, pause=seconds)
        elif candidate.receipt is not None:
            receipt = await self._receipts.release(candidate.receipt, pause=pause, counted=counted)
            candidate.released = True
            candidate.receipt = replace(receipt, attempt=receipt.attempt + counted)
            self._line.later(candidate, pause)
        elif counted:
            # In the queue its attempts are counted for all instances, and the search need not wait for it.
            blob = candidate.blob
            message = BlobMessage(
                function=self._function, container=blob.container, name=blob.name, etag=blob.etag,
                attempts=candidate.attempt, noted=True,
            )  # fmt: skip
            await self._hub.send(message, pause=seconds)
            self._line.settled(candidate)
            await self._note_queued(blob)
        else:
            self._line.later(candidate, pause)

    async def _note_queued(self, blob: BlobInfo) -> None:
        """The message is what counts; without the note another holder may run the version once more."""
        try:
            await self._receipts.note_queued(blob)
        except (SourceUnavailable, BlobRefused) as error:
            _log.info("It could not be noted that blob %r is in the queue: %s", blob.path, error)

    async def _claim_late(self, candidate: Candidate) -> None:
        """Its run takes long: should another instance do the looking before it ends, that one leaves it alone."""
        claim = await self._receipts.claim(candidate.blob)
        if not isinstance(claim, Receipt):
            raise DeliveryLost(f"Another instance handles blob {candidate.blob.path!r}, too; it may be handled twice.")
        candidate.receipt = replace(claim, attempt=max(claim.attempt, candidate.attempt))
        candidate.claim_first = True

    async def _say(self, farewell: "_Farewell", blob: BlobInfo) -> None:
        """The poison message is the one step that shows when it is done twice."""
        if not farewell.is_noted:
            await self._refusable(
                self._failures.note(
                    blob, attempt=farewell.attempt, error=farewell.error, story=farewell.story, trace=farewell.trace
                )
            )
            farewell.is_noted = True
        if not farewell.is_sent:
            message = BlobMessage(function=self._function, container=blob.container, name=blob.name, etag=blob.etag)
            await self._poison.send(POISON_QUEUE, message.encode())
            farewell.is_sent = True
        # Last, because whoever reads it does nothing of this again.
        await self._refusable(self._receipts.note_poisoned(blob, farewell.attempt))

    def _forget(self, candidate: Candidate) -> None:
        self._farewells.pop(_version(candidate), None)
        self._line.settled(candidate)

    @staticmethod
    async def _refusable(step: Awaitable[None]) -> None:
        """One that the account refuses for the blob's name, of which the others need not know."""
        try:
            await step
        except (BlobRefused, InvalidPath) as error:
            _log.warning("%s", error)


@dataclass(slots=True, kw_only=True)
class _Farewell:
    """What is told of a version that is given up, and how much of that was done."""

    story: str
    error: BaseException | None
    attempt: int
    trace: str
    is_noted: bool = False
    is_sent: bool = False


def _version(candidate: Candidate) -> tuple[str, str, str]:
    """The blob's version, and the replay that wants it run once more."""
    replay = candidate.handed_over.content.replay if candidate.handed_over is not None else ""
    return candidate.blob.path, candidate.blob.etag, replay


def described(error: BaseException) -> str:
    """Its type and what it says."""
    return f"{type(error).__name__}: {error}"
