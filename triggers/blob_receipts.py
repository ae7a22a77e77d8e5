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


class BlobReceipts:
    """The ledger of one function: a blob version is claimed, then completed once its output was written.

    A claim that is not renewed runs out and may be taken over, so what a killed host left is done by another.
    """

    def __init__(
        self, ledger: Ledger, *, host_id: str, function: str, claim_seconds: float = 60.0,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:  # fmt: skip
        self._ledger = ledger
        self._folder = f"blobreceipts/{host_id}/Host.Functions.{function}"
        self._claim = timedelta(seconds=claim_seconds)
        self._clock = clock
        self.claim_seconds = claim_seconds

    async def claim(self, blob: BlobInfo) -> Receipt | Busy | None:
        """The claim on that version of the blob; None when it is done, Busy when it cannot be had now."""
        name = f"{self._folder}/{blob.etag}/{blob.container}/{blob.name}"
        entry = await self._ledger.create(name, self._claimed(1))
        if entry is not None:
            return Receipt(name=name, version=entry.version, attempt=1)
        entry = await self._ledger.read(name)
        if entry is None:
            # Deleted between the two calls: somebody wants the blob handled again.
            return Busy(until=self._clock())
        if not _fact(entry.facts, _INCOMPLETE):
            return None
        until = _claimed_until(entry.facts)
        if until > self._clock():
            return Busy(until=until)
        return await self._take_over(name, entry.version, _attempt(entry.facts) + 1)

    async def renew(self, receipt: Receipt) -> Receipt:
        """The same claim for another full time; raises DeliveryLost when it was taken over."""
        return await self._replaced(receipt, self._claimed(receipt.attempt))

    async def complete(self, receipt: Receipt) -> None:
        """Never hand this version out again; raises DeliveryLost when the claim was taken over."""
        await self._replaced(receipt, {})

    async def poison(self, receipt: Receipt) -> None:
        """Never hand this version out again though no run of the function succeeded."""
        await self._replaced(receipt, {_POISONED: "Poisoned", _ATTEMPT: str(receipt.attempt)})

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
    text = _fact(facts, _CLAIMED_UNTIL)
    try:
        until = datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return until if until.tzinfo else until.replace(tzinfo=UTC)


def _attempt(facts: Mapping[str, str]) -> int:
    text = _fact(facts, _ATTEMPT)
    return int(text) if text.isdecimal() else 0


def _fact(facts: Mapping[str, str], name: str) -> str:
    """The fact in whatever case the account gives metadata names back."""
    return next((value for key, value in facts.items() if key.lower() == name.lower()), "")
