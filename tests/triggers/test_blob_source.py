"""triggers.blob_source"""

import asyncio
import contextlib
import logging

import pytest

from tests.support.blob_hosts import Account, listed, names, pulled
from triggers.blob_messages import POISON_QUEUE, BlobMessage
from triggers.errors import SourceUnavailable


@contextlib.asynccontextmanager
async def dying(account, source):
    """Inside, the host works; at the end it is killed."""
    await source.__aenter__()
    yield
    await account.kill(source)


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
        assert source._parts.search._finder._sweep.remembered == 1
        assert len(source._line) == 0
        account.clock.forward(3600)
        await pulled(source, timeout=0.05)
        assert source._parts.search._finder._sweep.remembered == 0


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
        await listed(source)
        del account.blobs.containers["input"]["a.json"]
        assert await names(source) == ["input/b.json"]
    assert not caplog.records


async def test_of_a_blob_overwritten_after_it_was_listed_only_the_new_version_is_run():
    account = Account()
    await account.put("a.json", data=b"old")
    async with account.source() as source:
        await listed(source)
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
    facts = account.receipts["input/bad.json"]
    assert facts["Poisoned"]
    assert "Incomplete" not in facts
    (poison,) = account.queues.texts(POISON_QUEUE)
    assert BlobMessage.decode(poison) == BlobMessage(function="f", container="input", name="bad.json", etag='"1"')


async def test_a_blob_that_kills_its_host_is_given_up_too(caplog):
    account = Account()
    await account.put("bomb.json")
    # The first one has the blob without a claim: only from the second on it is counted.
    for attempt in (1, 1, 2):
        source = account.source(max_attempts=2)
        async with dying(account, source):
            (delivery,) = await pulled(source)
            assert delivery.event.attempt == attempt
        account.clock.forward(61)
    async with account.source(max_attempts=2) as last:
        assert await pulled(last) == []
    assert "was begun 2 times and never finished" in caplog.text


async def test_a_claim_of_a_killed_host_is_respected_and_taken_over_when_it_runs_out(monkeypatch):
    account = Account()
    await account.put("done.json", "a.json")
    async with account.source() as source:
        await (await pulled(source, limit=1))[0].complete()
    killed = account.source()
    async with dying(account, killed):
        (claimed,) = await pulled(killed)
        assert claimed.renew_every == pytest.approx(20)
    monkeypatch.setattr("triggers.blob_source.utc_now", account.clock)
    async with account.source() as other:
        assert await pulled(other) == []
        account.clock.forward(61)
        other._line._later = [(0.0, order, one) for _, order, one in other._line._later]
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
        assert await pulled(source) == []
        account.ledger.reachable = True
        assert await pulled(source) == []
    assert account.receipts == {"input/a.json": {}}


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
        with contextlib.suppress(SourceUnavailable):
            await source.receive(0, timeout=0.01)
        assert await names(source) == ["input/a.json", "input/b.json"]


async def test_an_outage_between_claim_and_read_keeps_the_claim():
    account = Account()
    await account.put("a.json")
    async with account.source() as source:
        await listed(source)
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
        await listed(source)
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
        await listed(source)
        assert len(await source.receive(3, timeout=1.0)) + len(source._claims) == 3
