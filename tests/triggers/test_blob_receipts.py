"""triggers.blob_receipts: races that the suite shared by all ledgers (tests/contract) cannot arrange"""

from datetime import UTC, datetime

from triggers.blob_memory import MemoryLedger
from triggers.blob_receipts import BlobReceipts, Busy
from triggers.blob_store import BlobInfo, Entry

NOW = datetime(2024, 1, 1, tzinfo=UTC)
BLOB = BlobInfo(container="input", name="a", etag='"1"', last_modified=NOW)


def receipts(ledger: MemoryLedger) -> BlobReceipts:
    return BlobReceipts(ledger, host_id="host", function="f", clock=lambda: NOW)


class VanishingLedger(MemoryLedger):
    """Somebody deletes the receipt between two calls."""

    async def create(self, name, facts):
        return None


class StolenLedger(MemoryLedger):
    """Somebody else takes over between reading and replacing."""

    async def replace(self, name, facts, version):
        return None


async def test_a_receipt_deleted_meanwhile_may_be_claimed_at_once():
    assert await receipts(VanishingLedger()).claim(BLOB) == Busy(until=NOW)


async def test_a_claim_lost_to_another_host_is_busy():
    ledger = StolenLedger()
    ledger.entries['blobreceipts/host/Host.Functions.f/"1"/input/a'] = Entry(
        facts={"incomplete": "Incomplete"}, version="1"
    )
    outcome = await receipts(ledger).claim(BLOB)
    assert isinstance(outcome, Busy)
    assert outcome.until > NOW


async def test_odd_facts_are_read_as_a_claim_that_ran_out():
    ledger = MemoryLedger()
    name = 'blobreceipts/host/Host.Functions.f/"1"/input/a'
    for until in ("nonsense", "2023-01-01T00:00:00"):
        facts = {"Incomplete": "x", "ClaimedUntil": until, "Attempt": "?"}
        ledger.entries[name] = Entry(facts=facts, version="1")
        assert (await receipts(ledger).claim(BLOB)).attempt == 1


async def test_what_is_done_by_now_is_not_noted_as_queued():
    ledger = MemoryLedger()
    await receipts(ledger).note_done(BLOB)
    await receipts(ledger).note_queued(BLOB)
    assert await receipts(ledger).is_done(BLOB)


async def test_a_claim_that_is_handed_over_is_noted_as_queued_and_had_by_nobody():
    ledger = MemoryLedger()
    await receipts(ledger).claim(BLOB)
    await receipts(ledger).note_queued(BLOB)
    assert await receipts(ledger).claim(BLOB) is None
    assert not await receipts(ledger).is_done(BLOB)
