"""triggers.blob_finder: where a search begins, and how far it says to have come"""

import asyncio
import contextlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.blob_hosts import Account, names, pulled
from triggers.blob_store import BlobInfo
from triggers.errors import SourceUnavailable

SCAN = "blobscaninfo/host/memory/input/scanInfo"


def cursor(account: Account) -> str | None:
    held = account.own.containers.get("azure-webjobs-hosts", {}).get(SCAN)
    return None if held is None else json.loads(held[1])["LatestScan"]


async def azures_cursor(account: Account, text: str) -> None:
    data = json.dumps({"LatestScan": text}).encode()
    await account.own.write("azure-webjobs-hosts", SCAN, data, "application/json")


def azures_receipt(account: Account, name: str, etag: str, **facts: str) -> None:
    account.ledger._put(f"blobreceipts/host/Host.Functions.f/{etag}/input/{name}", facts, 1)


async def test_a_function_that_is_new_on_an_old_container_looks_at_everything():
    account = Account()
    await account.put("old.json")
    account.clock.forward(3600)
    await azures_cursor(account, "2024-01-01T00:59:00.000Z")
    async with account.source() as source:
        # It leaves before it is through.
        assert len(await pulled(source)) == 1
    async with account.source() as source:
        assert await names(source) == ["input/old.json"]


async def test_what_azures_host_did_is_not_run_again_and_what_it_began_is():
    account = Account()
    await account.put("done.json", "begun.json", "new.json")
    azures_receipt(account, "done.json", '"1"')
    azures_receipt(account, "begun.json", '"2"', Incomplete="Incomplete")
    async with account.source() as source:
        assert await names(source) == ["input/begun.json", "input/new.json"]


async def test_what_was_done_is_not_run_again_when_it_is_named_late():
    account = Account()
    await account.put("done.json")
    azures_receipt(account, "done.json", '"1"')
    held = account.blobs.containers["input"].pop("done.json")
    async with account.source() as source:
        assert await names(source) == []
        account.blobs.containers["input"]["done.json"] = held
        account.clock.forward(1)
        await account.put("new.json")
        assert await names(source) == ["input/new.json"]


async def test_what_is_older_than_the_cursor_is_not_looked_at():
    account = Account()
    await account.put("old.json")
    account.clock.forward(3600)
    await account.put("new.json")
    azures_receipt(account, "old.json", '"0"')
    await azures_cursor(account, "2024-01-01T00:59:00.000Z")
    async with account.source() as source:
        assert await names(source) == ["input/new.json"]


@pytest.mark.parametrize("restarts", [0, 1])
async def test_starting_from_now_leaves_what_is_there_already(restarts):
    account = Account()
    await account.put("old.json")
    account.clock.forward(5)
    for _ in range(restarts):
        async with account.source(from_now=True) as source:
            assert await names(source) == []
    async with account.source(from_now=True) as source:
        assert await names(source) == []
        await account.put("new.json")
        assert await names(source) == ["input/new.json"]


async def test_the_cursor_never_passes_what_runs():
    account = Account()
    written = account.clock.now
    await account.put("slow.json")
    async with account.source() as source:
        (slow,) = await pulled(source)
        account.clock.forward(3600)
        await pulled(source)
        await source._parts.search._finder.leave()
        assert cursor(account) == (written - timedelta(milliseconds=1)).strftime("%Y-%m-%dT%H:%M:%S.999Z")
        await slow.complete()
    assert cursor(account) == "2024-01-01T00:59:29.999Z"


async def test_at_its_end_the_host_keeps_the_cursor_and_gives_the_lease_back():
    account = Account()
    await account.put("a.json")
    async with account.source() as source:
        await names(source)
        assert account.held
    assert cursor(account) == "2023-12-31T23:59:29.999Z"
    assert not account.held


@pytest.mark.parametrize("name", ["a b", "ü€", "%41", "{x}", "x" * 1019, "a//b"])
async def test_any_name_and_an_empty_blob(name):
    account = Account()
    await account.put(f"{name}.json", data=b"")
    async with account.source() as source:
        assert await names(source) == [f"input/{name}.json"]
    async with account.source() as source:
        assert await names(source) == []


async def test_it_does_not_rest_longer_for_the_time_that_the_work_took(monkeypatch):
    account = Account()
    await account.put("first.json", "second.json")
    loop = asyncio.get_running_loop()
    usual = loop.time
    async with account.source() as source:
        (delivery,) = await source.receive(1, timeout=1)
        # The search comes to its end once the line is worked off, an hour after it began.
        monkeypatch.setattr(loop, "time", lambda: usual() + 3600)
        await delivery.complete()
        assert await names(source) == ["input/second.json"]
        await account.put("new.json")
        async with asyncio.timeout(1):
            while not (found := await names(source)):
                continue
    assert found == ["input/new.json"]


async def test_a_listing_that_breaks_off_runs_nothing_twice():
    account = Account(page_size=10)
    await account.put(*(f"{number:03}.json" for number in range(40)))
    account.clock.forward(3600)
    whole, broken = account.blobs.pages, []

    async def pages(container, prefix):
        count = 0
        async for page in whole(container, prefix):
            count += 1
            if count == 3 and not broken:
                broken.append(True)
                raise SourceUnavailable("503 ServerBusy")
            yield page

    account.blobs.pages = pages
    ran: list[str] = []
    async with account.source() as source:
        for _ in range(60):
            with contextlib.suppress(SourceUnavailable):
                for delivery in await source.receive(16, timeout=0.01):
                    ran.append(str(delivery.event.metadata["BlobTrigger"]))
                    await delivery.complete()
    assert broken
    assert len(ran) == len(set(ran)) == 40


async def test_a_function_that_was_switched_off_misses_nothing_though_others_went_on():
    account = Account()
    await account.put("a.json")
    account.clock.forward(3600)
    async with account.source() as source:
        await names(source)
    account.clock.forward(3600)
    await account.put("while-off.json")
    account.clock.forward(3600)
    await azures_cursor(account, "2024-01-01T02:59:00.000Z")
    async with account.source() as source:
        assert await names(source) == ["input/while-off.json"]


async def test_what_a_listing_holds_back_holds_back_the_search():
    account = Account()
    whole = account.blobs.pages
    held = {"since": account.clock()}

    async def pages(container, prefix):
        async for page in whole(container, prefix):
            hidden = [blob for blob in page.blobs if blob.name == "open.json" and held["since"]]
            yield replace(page, blobs=[b for b in page.blobs if b not in hidden], held_back=held["since"])

    account.blobs.pages = pages
    await account.put("open.json")
    async with account.source() as source:
        for _ in range(3):
            account.clock.forward(20)
            assert await names(source) == []
        assert source._parts.search._finder.searched_until < held["since"]
        held["since"] = None
        assert await names(source) == ["input/open.json"]


async def test_what_is_told_of_is_claimed_when_it_is_old_and_run_when_it_is_not_done(monkeypatch):
    account = Account()
    await account.put("a.json", "b.json")
    told: list[BlobInfo] = []

    async def changes(container, timeout):
        await asyncio.sleep(0.001)
        found, told[:] = told[:], []
        return found

    account.blobs.changes = changes
    async with account.source() as source:
        await names(source)
        account.clock.forward(3600)
        await pulled(source)
        del account.ledger.entries['blobreceipts/host/Host.Functions.f/"2"/input/b.json']
        told += [account.blobs.containers["input"][name][0] for name in ("a.json", "b.json")]
        assert await names(source) == ["input/b.json"]


async def test_what_is_doubtful_is_claimed_first():
    account = Account()
    await account.put("a.json")
    account.clock.forward(3600)
    async with account.source() as source:
        await names(source)
        account.clock.forward(3600)
        await pulled(source)
        info, data, kind = account.blobs.containers["input"]["a.json"]
        touched = replace(info, last_modified=account.clock(), is_doubtful=True)
        account.blobs.containers["input"]["a.json"] = (touched, data, kind)
        assert await names(source) == []
