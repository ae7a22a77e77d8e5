"""triggers.blob_proof"""

import asyncio
from datetime import timedelta

import pytest

from tests.support.blob_hosts import Account, names, pulled
from triggers.blob_messages import BlobMessage
from triggers.blob_store import BlobInfo
from triggers.errors import BlobRefused


def proof_of(source):
    """The source's own proof, in no hurry about nothing."""
    proof = source._parts.search._proof
    proof._pause = 0.0
    return proof


async def searched(account: Account, source) -> None:
    """Everything there was is done, and so long ago that the search is past it."""
    await names(source)
    account.clock.forward(3600)
    await pulled(source)


async def test_what_has_no_receipt_is_handled_after_all(caplog):
    account = Account()
    await account.put("a.json", "b.json", "c.txt")
    async with account.source() as source:
        await searched(account, source)
        del account.ledger.entries['blobreceipts/host/Host.Functions.f/"1"/input/a.json']
        proof = proof_of(source)
        assert await proof.prove(source._parts.search._finder.searched_until) == 1
        assert "'input/a.json' was missed" in caplog.text
        assert await names(source) == ["input/a.json"]
        assert await proof.prove(source._parts.search._finder.searched_until) == 0
    assert proof.missed == 1


async def test_what_came_after_the_search_or_before_the_start_was_not_missed():
    account = Account()
    await account.put("old.json")
    account.clock.forward(3600)
    async with account.source(from_now=True) as source:
        await pulled(source)
        account.clock.forward(3600)
        await pulled(source)
        await account.put("young.json")
        assert await proof_of(source).prove(source._parts.search._finder.searched_until) == 0


async def test_a_name_that_can_have_no_receipt_is_passed_over():
    account = Account()
    await account.put("a.json", "b.json")
    async with account.source() as source:
        await searched(account, source)
        proof = proof_of(source)
        known = proof._receipts.is_known

        async def refuse(blob: BlobInfo) -> bool:
            if blob.name == "a.json":
                raise BlobRefused("no such name")
            return await known(blob)

        proof._receipts.is_known = refuse
        assert await proof.prove(source._parts.search._finder.searched_until) == 0


async def test_it_is_run_when_it_is_due_counted_over_restarts(monkeypatch):
    account = Account()
    monkeypatch.setattr("triggers.blob_proof.utc_now", account.clock)
    async with account.source(prove_every=timedelta(hours=2)) as source:
        await searched(account, source)
        assert await proof_of(source)._due_in() == 3600
    async with account.source(prove_every=timedelta(hours=2)) as source:
        await pulled(source)
        account.clock.forward(3600)
        assert await proof_of(source)._due_in() == 0
        account.ledger.entries.pop('blobreceipts/host/Host.Functions.f/"1"/input/a.json', None)
        working = asyncio.create_task(proof_of(source).run())
        async with asyncio.timeout(3):
            while (await proof_of(source)._due_in()) == 0:  # noqa: ASYNC110 - the clock stands
                await asyncio.sleep(0.005)
        working.cancel()


def test_it_can_be_switched_off():
    assert not proof_of(Account().source(prove_every=timedelta(0))).is_wanted


@pytest.mark.parametrize(("queued", "missed"), [(0, 1), (1, 0)])
async def test_one_whose_message_was_lost_is_handled_after_all(queued, missed):
    account = Account()
    await account.put("a.json")
    async with account.source() as source:
        await searched(account, source)
        blob = next(iter([page async for page in account.blobs.pages("input", "")])).blobs[0]
        del account.ledger.entries[source._parts.receipts.name(blob)]
        await source._parts.receipts.note_queued(blob)
        account.clock.forward(120)
        for _ in range(queued):
            await source._parts.hub.send(BlobMessage(function="f", container="input", name="b.json", etag='"9"'))
        assert await proof_of(source).prove(source._parts.search._finder.searched_until) == missed
        assert await names(source) == ["input/a.json"] * missed
