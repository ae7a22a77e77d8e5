"""What triggers.blob_source tells of the blobs that wait."""

import asyncio

from tests.support.blob_hosts import Account, listed, pulled


async def test_what_waits_is_told_and_what_runs_does_not_wait_but_is_not_done():
    account = Account()
    await account.put("a.json")
    written = account.clock.now
    account.clock.forward(10)
    await account.put("b.json", "c.json")
    async with account.source() as source:
        await listed(source)
        told = source.backlog()
        assert (told.pending, told.oldest, told.is_looking) == (3, written, True)
        running = await pulled(source)
        assert (source.backlog().pending, source.backlog().oldest) == (0, written)
        for delivery in running:
            await delivery.complete()
        assert (source.backlog().pending, source.backlog().oldest) == (0, None)


async def test_blobs_given_up_are_counted():
    account = Account()
    await account.put("a.json")
    async with account.source(max_attempts=1) as source:
        (delivery,) = await pulled(source)
        await delivery.abandon(ValueError("bad"))
        assert source.backlog().given_up == 1


async def test_only_the_one_that_looks_tells_of_the_queue():
    account = Account()
    await account.put("a.json")
    async with account.source() as holder, account.source() as other:
        (delivery,) = await pulled(holder)
        await delivery.abandon(ValueError("bad"))
        assert holder.backlog().queued == 0
        await asyncio.sleep(0.01)
        assert (holder.backlog().queued, other.backlog().queued) == (1, 0)
        assert holder.backlog().oldest is not None
        assert not other.backlog().is_looking
