"""triggers.blob_source: several hosts on one account"""

import asyncio

import pytest

from tests.support.blob_hosts import Account, listed, names, pulled
from triggers.blob_messages import control_queue
from triggers.blob_pace import BlobPace


async def until_holder(source) -> None:
    async with asyncio.timeout(3):
        while not source._parts.hub.is_holder:
            await source.receive(0, timeout=0.002)


async def test_only_the_holder_looks_and_the_other_takes_over_when_it_is_killed():
    account = Account()
    one, other = account.source(), account.source()
    await one.__aenter__()
    await until_holder(one)
    async with other:
        await account.put("a.json", "b.json")
        assert await pulled(other) == []
        assert await names(one) == ["input/a.json", "input/b.json"]
        await account.kill(one)
        await account.put("c.json")
        await until_holder(other)
        assert await names(other) == ["input/c.json"]


async def test_what_waits_spills_to_the_other_and_nothing_runs_twice(monkeypatch):
    monkeypatch.setattr("triggers.blob_spill._PATIENCE", 0.0)
    monkeypatch.setattr("triggers.blob_spill._LOOK_EVERY", 0.005)
    account = Account()
    await account.put(*(f"{number}.json" for number in range(60)))
    holder, other = account.source(), account.source()
    ran: dict[str, list[str]] = {"holder": [], "other": []}

    async def run(source, who: str) -> None:
        for delivery in await source.receive(2, timeout=0.005):
            ran[who].append(delivery.event.metadata["blobname"])
            await asyncio.sleep(0.002)
            await delivery.complete()

    async with asyncio.timeout(10), holder, other:
        await until_holder(holder)
        while len(ran["holder"]) + len(ran["other"]) < 60:
            other._parts.hub.wake()
            await asyncio.gather(run(holder, "holder"), run(other, "other"))
    assert len({*ran["holder"], *ran["other"]}) == len(ran["holder"]) + len(ran["other"]) == 60
    assert ran["other"]
    assert all(facts == {} for facts in account.receipts.values())
    assert account.queues.texts(control_queue("host")) == []


async def test_who_loses_the_lease_forgets_what_it_had_not_begun():
    account = Account()
    await account.put("a.json", "b.json", "c.json")
    async with account.source() as source:
        await listed(source)
        (begun,) = await source.receive(1, timeout=1.0)
        source._parts.hub.is_holder = False
        assert await source.receive(10, timeout=0.01) == ()
        assert len(source._line) == 1
        await begun.complete()
        assert len(source._line) == 0


async def test_who_gets_the_lease_again_looks_anew_at_what_others_may_have_done():
    account = Account()
    await account.put("a.json", "b.json")
    async with account.source() as source:
        await listed(source)
        etag = account.blobs.containers["input"]["a.json"][0]
        await source._parts.receipts.note_done(etag)
        source._parts.hub.times_held += 1
        assert await names(source) == ["input/b.json"]


@pytest.mark.parametrize("part", ["blobs", "queues", "ledger"])
async def test_an_outage_at_any_step_loses_nothing(part):
    account = Account()
    await account.put("a.json", "b.json")
    async with account.source() as source:
        first, second = await pulled(source)
        getattr(account, part).reachable = False
        await first.complete()
        await second.abandon(ValueError("no JSON"))
        getattr(account, part).reachable = True
        (again,) = await pulled(source)
        assert again.event.metadata["BlobTrigger"] == second.event.metadata["BlobTrigger"]
        await again.complete()
        assert await pulled(source) == []
    assert [dict(facts) for facts in account.receipts.values()] == [{}, {}]


async def test_of_a_slow_function_few_blobs_are_enough_for_both(monkeypatch):
    monkeypatch.setattr("triggers.blob_spill._PATIENCE", 0.0)
    monkeypatch.setattr("triggers.blob_spill._LOOK_EVERY", 0.005)
    account = Account()
    account.pace = BlobPace()
    await account.put(*(f"{number}.json" for number in range(12)))
    ran: dict[str, list[str]] = {"holder": [], "other": []}

    async def run(source, who: str) -> None:
        async with asyncio.timeout(5):
            while len(ran["holder"]) + len(ran["other"]) < 12:
                for delivery in await source.receive(2, timeout=0.005):
                    ran[who].append(str(delivery.event.metadata["BlobTrigger"]))
                    # Slower than what makes a function quick.
                    await asyncio.sleep(0.05)
                    account.pace._ended.clear()
                    await delivery.complete()

    async with account.source() as holder, account.source() as other:
        await until_holder(holder)
        await asyncio.gather(run(holder, "holder"), run(other, "other"))
    assert len({*ran["holder"], *ran["other"]}) == 12
    assert min(len(ran["holder"]), len(ran["other"])) >= 3
