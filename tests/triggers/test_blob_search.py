"""triggers.blob_search; what it means for a source is tested in test_blob_source.py"""

import asyncio

import pytest

from tests.support.blob_hosts import Account, listed, names, pulled
from triggers.blob_memory import MemoryLedger
from triggers.errors import SourceUnavailable


class FarLedger(MemoryLedger):
    """A ledger that answers others first when it is asked whether there is anything."""

    async def is_empty(self, folder: str) -> bool:
        await asyncio.sleep(0.01)
        return await super().is_empty(folder)


async def test_only_the_holder_looks_and_the_next_one_finds_what_was_not_begun():
    account = Account()
    async with account.source() as first, account.source() as second:
        await pulled(first)
        await pulled(second)
        assert (bool(first._parts.search._tasks), bool(second._parts.search._tasks)) == (True, False)
        await account.put("a.json")
        await listed(first)
        account.held.clear()
        async with asyncio.timeout(3):
            while not second._parts.hub.is_holder:
                first._parts.hub.is_holder = False
                await second.receive(0, timeout=0.005)
        await first.receive(0, timeout=0.005)
        assert len(first._line) == 0
        assert await names(second) == ["input/a.json"]


async def test_what_a_part_raises_is_raised_once_and_the_part_begins_again():
    account = Account()
    async with account.source() as source:
        await pulled(source)
        search = source._parts.search
        account.blobs.reachable = False
        with pytest.raises(SourceUnavailable):
            await pulled(source)
        account.blobs.reachable = True
        await asyncio.sleep(0.01)
        search.check()
        await account.put("a.json")
        assert await names(source) == ["input/a.json"]


async def test_the_proof_does_not_hide_that_nobody_has_searched_before():
    account = Account()
    account.ledger = FarLedger()
    await account.put("old.json")
    account.clock.forward(60)
    async with account.source(from_now=True) as source:
        assert await names(source) == []
        await account.put("new.json")
        assert await names(source) == ["input/new.json"]


async def test_leaving_keeps_how_far_the_search_has_come():
    account = Account()
    await account.put("a.json")
    async with account.source() as source:
        await names(source)
        account.clock.forward(3600)
        await pulled(source)
    (name,) = account.own.containers["azure-webjobs-hosts"]
    assert name == "blobscaninfo/host/memory/input/scanInfo"
    assert account.own.containers["azure-webjobs-hosts"][name][1] == b'{"LatestScan": "2024-01-01T00:59:29.999Z"}'
