"""triggers.blob_source"""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest

from triggers.blob_memory import MemoryBlobs, MemoryLedger
from triggers.blob_receipts import BlobReceipts
from triggers.blob_source import BlobSource
from triggers.errors import SourceUnavailable
from triggers.paths import BlobPath


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2024, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Account:
    """Blobs, ledger and a source over both, as one function has them."""

    def __init__(self, pattern: str = "input/{blobname}.json", page_size: int = 5000) -> None:
        self.clock = Clock()
        self.blobs = MemoryBlobs(page_size=page_size, clock=self.clock)
        self.ledger = MemoryLedger()
        self.pattern = pattern

    def source(self, **options) -> BlobSource:
        receipts = BlobReceipts(self.ledger, host_id="host", function="f", clock=self.clock)
        return BlobSource(self.blobs, receipts, BlobPath.parse_trigger(self.pattern), **{"retry_pause": 0.0, **options})

    async def put(self, *names: str, data: bytes = b"{}") -> None:
        for name in names:
            await self.blobs.write("input", name, data, "application/json")


async def pulled(source: BlobSource, limit: int = 100, timeout: float = 0.015):
    """Everything the source hands out until a call brings nothing."""
    found = []
    while deliveries := await source.receive(limit, timeout=timeout):
        found += deliveries
    return found


async def names(source: BlobSource) -> list[str]:
    """The blobs handed out, each completed."""
    found = await pulled(source)
    for delivery in found:
        await delivery.complete()
    return sorted(str(delivery.event.metadata["BlobTrigger"]) for delivery in found)


async def test_the_event_is_what_azure_hands_over():
    account = Account()
    await account.put("a/b.json", data=b"\xff")
    async with account.source() as source:
        (delivery,) = await pulled(source)
    event = delivery.event
    assert event.data == b"\xff"
    assert event.attempt == 1
    assert event.metadata["BlobTrigger"] == "input/a/b.json"
    assert event.metadata["blobname"] == "a/b"
    assert event.metadata["Properties"]["ContentLength"] == 1
    assert event.metadata["Uri"] == "memory:///input/a/b.json"
    assert event.metadata["Metadata"] == {}
    assert delivery.renew_every == pytest.approx(20)


async def test_only_matching_blobs_and_each_version_once():
    account = Account()
    await account.put("a.json", "b.txt")
    async with account.source() as source:
        assert await names(source) == ["input/a.json"]
        assert await names(source) == []
        await account.put("a.json")
        assert await names(source) == ["input/a.json"]


async def test_nothing_is_handled_again_after_a_restart():
    account = Account()
    await account.put("a.json")
    async with account.source() as source:
        assert await names(source) == ["input/a.json"]
    await account.put("b.json")
    async with account.source() as source:
        assert await names(source) == ["input/b.json"]


async def test_two_hosts_share_the_work():
    account = Account(page_size=7)
    await account.put(*(f"{number}.json" for number in range(40)))
    async with account.source() as one, account.source() as other:
        found = await asyncio.gather(names(one), names(other))
    both = found[0] + found[1]
    assert len(both) == len(set(both)) == 40


async def test_the_container_is_made_and_may_be_deleted():
    account = Account()
    async with account.source() as source:
        assert "input" in account.blobs.containers
        del account.blobs.containers["input"]
        assert await names(source) == []
        await account.put("a.json")
        assert await names(source) == ["input/a.json"]


async def test_memory_is_bounded_by_what_changed_lately():
    account = Account(page_size=10)
    await account.put(*(f"old{number}.json" for number in range(50)))
    account.clock.forward(3600)
    await account.put("new.json")
    async with account.source() as source:
        found = []
        for _ in range(100):
            for delivery in await source.receive(4, timeout=0.003):
                await delivery.complete()
                found.append(delivery)
        assert len(found) == 51
        assert source._sweep.remembered == 1
        assert len(source._line) == 0
        account.clock.forward(3600)
        await pulled(source, timeout=0.05)
        assert source._sweep.remembered == 0


async def test_a_blob_written_while_the_sweep_passed_it_is_found_by_the_next():
    account = Account(page_size=1)
    await account.put("b.json", "c.json")
    async with account.source() as source:
        first = await source.receive(1, timeout=1.0)
        account.clock.forward(5)
        await account.put("a.json", "b.json")
        await first[0].complete()
        assert await names(source) == ["input/a.json", "input/b.json", "input/c.json"]
        assert first[0].event.metadata["BlobTrigger"] == "input/b.json"


async def test_a_deleted_blob_is_dropped_quietly(caplog):
    account = Account()
    await account.put("a.json", "b.json")
    async with account.source() as source:
        await source.receive(0, timeout=0.005)
        del account.blobs.containers["input"]["a.json"]
        assert await names(source) == ["input/b.json"]
    assert not caplog.records


async def test_of_a_blob_overwritten_after_it_was_listed_only_the_new_version_is_run():
    account = Account()
    await account.put("a.json", data=b"old")
    async with account.source() as source:
        await source.receive(0, timeout=0.005)
        await account.put("a.json", data=b"new")
        found = await pulled(source)
    assert [delivery.event.data for delivery in found] == [b"new"]


async def test_a_failed_blob_comes_again_with_the_next_attempt_and_the_others_go_on(caplog):
    account = Account()
    await account.put("bad.json", "good.json")
    async with account.source() as source:
        by_name = {delivery.event.metadata["blobname"]: delivery for delivery in await pulled(source)}
        await by_name["bad"].abandon(ValueError("no JSON"))
        await by_name["good"].complete()
        (again,) = await pulled(source)
        assert again.event.attempt == 2
        await again.complete()
        assert await names(source) == []
    assert "'input/bad.json' failed in attempt 1 of 5 with ValueError: no JSON" in caplog.text


async def test_after_the_last_attempt_the_blob_is_given_up_with_one_error(caplog):
    account = Account()
    await account.put("bad.json")
    async with account.source(max_attempts=3) as source:
        for _ in range(3):
            (delivery,) = await pulled(source)
            await delivery.abandon(ValueError("no JSON"))
        assert await pulled(source) == []
    async with account.source() as source:
        assert await pulled(source) == []
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "'input/bad.json' failed 3 times, last with ValueError: no JSON" in errors[0]
    (entry,) = account.ledger.entries.values()
    assert entry.facts["Poisoned"]
    assert "Incomplete" not in entry.facts


async def test_a_blob_that_kills_its_host_is_given_up_too(caplog):
    account = Account()
    await account.put("bomb.json")
    for attempt in (1, 2):
        source = account.source(max_attempts=2)
        (delivery,) = await pulled(source)
        assert delivery.event.attempt == attempt
        account.clock.forward(61)
    assert await pulled(account.source(max_attempts=2)) == []
    assert "was begun 2 times and never finished" in caplog.text


async def test_a_claim_of_another_host_is_respected_and_taken_over_when_it_runs_out():
    account = Account()
    await account.put("a.json")
    first = account.source()
    assert len(await pulled(first)) == 1
    other = account.source()
    assert await pulled(other) == []
    account.clock.forward(61)
    (taken,) = await pulled(other)
    assert taken.event.attempt == 2


async def test_an_outage_of_storage_is_not_the_functions_fault():
    account = Account()
    await account.put("a.json")
    async with account.source(max_attempts=2) as source:
        for _ in range(4):
            (delivery,) = await pulled(source)
            assert delivery.event.attempt == 1
            error = RuntimeError("output not written")
            error.__cause__ = SourceUnavailable("down")
            await delivery.abandon(error)


async def test_an_answered_blob_is_not_run_again_when_its_receipt_has_to_wait():
    account = Account()
    await account.put("a.json")
    async with account.source() as source:
        (delivery,) = await pulled(source)
        account.ledger.reachable = False
        await delivery.complete()
        with pytest.raises(SourceUnavailable):
            await pulled(source)
        account.ledger.reachable = True
        assert await pulled(source) == []
    (entry,) = account.ledger.entries.values()
    assert entry.facts == {}


async def test_a_failure_that_cannot_be_noted_still_counts():
    account = Account()
    await account.put("a.json")
    async with account.source() as source:
        (delivery,) = await pulled(source)
        account.ledger.reachable = False
        await delivery.abandon(ValueError("bad"))
        account.ledger.reachable = True
        (again,) = await pulled(source)
        assert again.event.attempt == 2


@pytest.mark.parametrize("part", ["blobs", "ledger"])
async def test_what_was_not_reachable_comes_when_it_is_back(part):
    account = Account()
    await account.put("a.json", "b.json")
    async with account.source() as source:
        getattr(account, part).reachable = False
        with pytest.raises(SourceUnavailable):
            await pulled(source)
        getattr(account, part).reachable = True
        assert await names(source) == ["input/a.json", "input/b.json"]


async def test_an_outage_between_claim_and_read_keeps_the_claim():
    account = Account()
    await account.put("a.json")
    async with account.source() as source:
        await source.receive(0, timeout=0.005)
        account.blobs.reachable = False
        with pytest.raises(SourceUnavailable):
            await source.receive(5, timeout=1.0)
        account.blobs.reachable = True
        (delivery,) = await source.receive(5, timeout=1.0)
        assert delivery.event.attempt == 1


async def test_leaving_gives_back_claims_nobody_received():
    account = Account()
    await account.put("a.json", "b.json")
    async with account.source() as source:
        await source.receive(0, timeout=0.005)
        receiving = asyncio.create_task(source.receive(2, timeout=1.0))
        await asyncio.sleep(0)
        receiving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await receiving
    async with account.source() as source:
        assert [delivery.event.attempt for delivery in await pulled(source)] == [1, 1]


async def test_at_most_the_limit_is_claimed():
    account = Account()
    await account.put(*(f"{number}.json" for number in range(10)))
    async with account.source() as source:
        await source.receive(0, timeout=0.005)
        assert len(await source.receive(3, timeout=1.0)) <= 3
        assert len(account.ledger.entries) == 3
