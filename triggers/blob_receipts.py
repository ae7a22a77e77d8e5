"""Which blob versions were handled already: one receipt each, under the names Azure's own host uses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from triggers.blob_store import BlobInfo, Ledger
from triggers.errors import DeliveryLost

CONTAINER = "azure-webjobs-hosts"
"""Where receipts are kept in the account."""

# Azure's host looks at "Incomplete" only; the other keys are ours and must be valid as C# identifiers.
_INCOMPLETE = "Incomplete"
_CLAIMED_UNTIL = "ClaimedUntil"
_ATTEMPT = "Attempt"
_POISONED = "Poisoned"
_QUEUED = "Queued"
_BEGUN = "begun"
_START_FROM = "StartFrom"
_SEARCHED_UNTIL = "SearchedUntil"
_PROVED = "proved"
_AT = "At"
# A version that was handed to the queue so long ago and is not done was lost with its message.
_LONGEST_QUEUED = timedelta(days=1)
# So far apart the clocks of instances are.
_CLOCKS_DIFFER = timedelta(minutes=1)


def utc_now() -> datetime:
    """The clock that claims are measured with."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A claim on one blob version that this host holds."""

    name: str
    version: str
    attempt: int
    """Which run of the function this claim is for; counts from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """Somebody else has the claim, or the pause after a failure is not over."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """How far the first search of a function for blobs has come."""

    is_first: bool
    """No version was ever looked at."""
    is_unfinished: bool = False
    """It was begun and never came to its end: the cursor may be other functions' alone."""
    start_from: datetime | None = None
    """What was modified before is of no interest."""
    searched_until: datetime | None = None
    """What was modified before is done, as far as this function goes."""


class BlobReceipts:
    """The ledger of one function: a blob version is claimed, then completed once its output was written.

    A claim that is not renewed runs out and may be taken over, so what a killed host left is done by another.
    """

    def __init__(
        self, ledger: Ledger, *, host_id: str, function: str, claim_seconds: float = 60.0,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:  # fmt: skip
        self._ledger = ledger
        self.folder = f"blobreceipts/{host_id}/Host.Functions.{function}"
        self._begun = f"{self.folder}/{_BEGUN}"
        self._proved = f"{self.folder}/{_PROVED}"
        self._claim = timedelta(seconds=claim_seconds)
        self._clock = clock
        self.claim_seconds = claim_seconds
        self._queue_was_empty = datetime.min.replace(tzinfo=UTC)

    def note_empty_queue(self) -> None:
        """There is no message now: a version that was handed to the queue before and is not done lost its message."""
        self._queue_was_empty = self._clock() - _CLOCKS_DIFFER

    async def claim(self, blob: BlobInfo) -> Receipt | Busy | None:
        """The claim on that version of the blob; Busy when it cannot be had now.

        None when it is done, or in the queue, whose next reader will do it.
        """
        name = self.name(blob)
        entry = await self._ledger.create(name, self._claimed(1))
        if entry is not None:
            return Receipt(name=name, version=entry.version, attempt=1)
        entry = await self._ledger.read(name)
        if entry is None:
            # Deleted between the two calls: somebody wants the blob handled again.
            return Busy(until=self._clock())
        if not _fact(entry.facts, _INCOMPLETE) or self._is_queued(entry.facts):
            return None
        until = _claimed_until(entry.facts)
        if until > self._clock():
            return Busy(until=until)
        return await self._take_over(name, entry.version, _attempt(entry.facts) + 1)

    async def beginning(self) -> Beginning:
        """What is known of the function's first search; raises SourceUnavailable."""
        entry = await self._ledger.read(self._begun)
        if entry is not None:
            start, until = _fact(entry.facts, _START_FROM), _fact(entry.facts, _SEARCHED_UNTIL)
            return Beginning(
                is_first=False, is_unfinished=bool(_fact(entry.facts, _INCOMPLETE)),
                start_from=_moment(start) if start else None, searched_until=_moment(until) if until else None,
            )  # fmt: skip
        return Beginning(is_first=await self._ledger.is_empty(self.folder))

    async def note_begun(
        self, *, unfinished: bool, start_from: datetime | None = None, searched_until: datetime | None = None
    ) -> None:
        """The function's first search is under way, or went through all there was; raises SourceUnavailable."""
        facts = {_INCOMPLETE: _INCOMPLETE} if unfinished else {}
        if start_from is not None:
            facts[_START_FROM] = start_from.isoformat()
        if searched_until is not None:
            facts[_SEARCHED_UNTIL] = searched_until.isoformat()
        await self._ledger.put(self._begun, facts)

    async def proved_at(self) -> datetime | None:
        """When it was proved last that no version was missed; raises SourceUnavailable."""
        entry = await self._ledger.read(self._proved)
        return None if entry is None else _moment(_fact(entry.facts, _AT))

    async def note_proved(self) -> None:
        """No version was missed; raises SourceUnavailable."""
        await self._ledger.put(self._proved, {_AT: self._clock().isoformat()})

    async def is_noted(self, blob: BlobInfo) -> bool:
        """Is there a receipt of that version, whatever it says? Raises SourceUnavailable."""
        return await self._ledger.read(self.name(blob)) is not None

    async def is_done(self, blob: BlobInfo) -> bool:
        """Is that version done, or given up? Raises SourceUnavailable."""
        entry = await self._ledger.read(self.name(blob))
        return entry is not None and not _fact(entry.facts, _INCOMPLETE)

    async def is_known(self, blob: BlobInfo) -> bool:
        """Is that version done, given up, or in the queue? Raises SourceUnavailable."""
        entry = await self._ledger.read(self.name(blob))
        return entry is not None and (not _fact(entry.facts, _INCOMPLETE) or self._is_queued(entry.facts))

    async def note_done(self, blob: BlobInfo) -> None:
        """Never hand that version out again; its output is written. Raises SourceUnavailable."""
        await self._ledger.put(self.name(blob), {})

    async def note_queued(self, blob: BlobInfo) -> None:
        """That version is in the queue, unless it is done by now; raises SourceUnavailable."""
        name, facts = self.name(blob), self._queued()
        if await self._ledger.create(name, facts) is not None:
            return
        entry = await self._ledger.read(name)
        if entry is not None and _fact(entry.facts, _INCOMPLETE):
            await self._ledger.replace(name, facts, entry.version)

    async def hand_over(self, receipt: Receipt) -> None:
        """The claim's version is in the queue from now on; raises DeliveryLost when its run came to an end already."""
        await self._replaced(receipt, self._queued())

    async def note_poisoned(self, blob: BlobInfo, attempt: int) -> None:
        """Never hand that version out again though no run of the function succeeded; raises SourceUnavailable."""
        await self._ledger.put(self.name(blob), {_POISONED: _POISONED, _ATTEMPT: str(attempt)})

    async def renew(self, receipt: Receipt) -> Receipt:
        """The same claim for another full time; raises DeliveryLost when it was taken over."""
        return await self._replaced(receipt, self._claimed(receipt.attempt))

    async def complete(self, receipt: Receipt) -> None:
        """Never hand this version out again; raises DeliveryLost when the claim was taken over."""
        await self._replaced(receipt, {})

    async def release(self, receipt: Receipt, *, pause: float, counted: bool) -> Receipt:
        """Give the claim back; after the pause anybody may have it. Raises DeliveryLost.

        An attempt that is not counted leaves the next claim the same number.
        """
        until = self._clock() + timedelta(seconds=pause)
        attempt = receipt.attempt if counted else receipt.attempt - 1
        return await self._replaced(receipt, self._claimed(attempt, until))

    async def close(self) -> None:
        """Let go of the ledger's connections; it opens them again when it is used."""
        await self._ledger.close()

    def name(self, blob: BlobInfo) -> str:
        """Under which name the ledger has the version's receipt."""
        return f"{self.folder}/{blob.etag}/{blob.container}/{blob.name}"

    def _is_queued(self, facts: Mapping[str, str]) -> bool:
        return _moment(_fact(facts, _QUEUED)) > max(self._clock() - _LONGEST_QUEUED, self._queue_was_empty)

    def _queued(self) -> Mapping[str, str]:
        return {_INCOMPLETE: _INCOMPLETE, _QUEUED: self._clock().isoformat()}

    def _claimed(self, attempt: int, until: datetime | None = None) -> Mapping[str, str]:
        moment = until or self._clock() + self._claim
        return {_INCOMPLETE: _INCOMPLETE, _CLAIMED_UNTIL: moment.isoformat(), _ATTEMPT: str(attempt)}

    async def _take_over(self, name: str, version: str, attempt: int) -> Receipt | Busy:
        entry = await self._ledger.replace(name, self._claimed(attempt), version)
        if entry is None:
            return Busy(until=self._clock() + self._claim)
        return Receipt(name=name, version=entry.version, attempt=attempt)

    async def _replaced(self, receipt: Receipt, facts: Mapping[str, str]) -> Receipt:
        entry = await self._ledger.replace(receipt.name, facts, receipt.version)
        if entry is None:
            raise DeliveryLost(
                f"The claim on {receipt.name!r} ran out and was taken over, or its receipt was deleted; "
                "the blob may be handled once more."
            )
        return replace(receipt, version=entry.version)


def _claimed_until(facts: Mapping[str, str]) -> datetime:
    """When the claim ends; a receipt of Azure's own host has no such time and is taken over at once."""
    return _moment(_fact(facts, _CLAIMED_UNTIL))


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _attempt(facts: Mapping[str, str]) -> int:
    text = _fact(facts, _ATTEMPT)
    return int(text) if text.isdecimal() else 0


def _fact(facts: Mapping[str, str], name: str) -> str:
    """The fact in whatever case the account gives metadata names back."""
    return next((value for key, value in facts.items() if key.lower() == name.lower()), "")
