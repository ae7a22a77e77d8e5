"""triggers.blob_source: one bad, slow or overwritten blob must not harm the others"""

import asyncio
from dataclasses import replace

from tests.support.blob_hosts import Account, listed, names, pulled
from triggers.blob_memory import MemoryBlobs, MemoryLedger
from triggers.errors import BlobRefused, SourceUnavailable


async def test_one_refused_blob_is_given_up_and_holds_up_nobody(caplog):
    account = Account()
    account.blobs.refused.add("input/bad.json")
    await account.put("good.json")
    account.blobs.containers["input"]["bad.json"] = (
        replace(account.blobs.containers["input"]["good.json"][0], name="bad.json"), b"", "text/plain",
    )  # fmt: skip
    async with account.source() as source:
        assert await names(source) == ["input/good.json"]
        await account.put("next.json")
        assert await names(source) == ["input/next.json"]
    assert "'input/bad.json' failed 5 times, last with BlobRefused" in caplog.text


async def test_an_output_that_is_refused_is_given_up_after_the_last_attempt(caplog):
    account = Account()
    await account.put("a.json")
    async with account.source() as source:
        for _ in range(5):
            (delivery,) = await pulled(source)
            error = RuntimeError("output not written")
            error.__cause__ = BlobRefused("The name is too long.")
            await delivery.abandon(error)
        assert await pulled(source) == []
    assert "failed 5 times" in caplog.text


class OddLedger(MemoryLedger):
    """Fails for one blob in a way that nobody foresaw."""

    async def put(self, name, facts):
        if "odd" in name:
            raise UnicodeEncodeError("utf-8", "x", 0, 1, "surrogates not allowed")
        await super().put(name, facts)


async def test_an_unforeseen_error_with_one_blob_holds_up_nobody(caplog):
    account = Account()
    account.ledger = OddLedger()
    await account.put("odd.json", "good.json")
    async with account.source() as source:
        assert await names(source) == ["input/good.json", "input/odd.json"]
        assert await pulled(source) == []
        assert len(source._line) == 0
    assert "there can be no receipt" in caplog.text


async def test_pauses_grow_on_failures_that_do_not_count_too(caplog):
    account = Account()
    await account.put("a.json")
    async with account.source(retry_pause=0.001) as source:
        for _ in range(3):
            (delivery,) = await source.receive(1, timeout=1.0)
            account.clock.forward(1)
            await delivery.abandon(SourceUnavailable("down"))
            account.clock.forward(1)
            due = source._line.next_due - asyncio.get_running_loop().time()
        assert 0.002 < due <= 0.004
    assert caplog.text.count("in attempt 1 of 5") == 3


class SlowBlobs(MemoryBlobs):
    """Never ends to read what is called slow."""

    async def read(self, blob):
        if blob.name.startswith("slow"):
            await asyncio.Event().wait()
        return await super().read(blob)


async def test_a_claim_without_end_stops_neither_the_search_nor_the_leaving(monkeypatch):
    monkeypatch.setattr("triggers.blob_source._LEAVING", 0.01)
    account = Account()
    account.blobs = SlowBlobs(clock=account.clock)
    await account.put("slow.json")
    async with asyncio.timeout(3), account.source() as source:
        assert await source.receive(2, timeout=0.01) == ()
        await account.put("b.json")
        assert await names(source) == ["input/b.json"]


async def test_a_newer_version_waits_for_the_older_one_and_only_the_newest_is_run():
    account = Account()
    await account.put("a.json", data=b"1")
    async with account.source() as source:
        (first,) = await pulled(source)
        for data in (b"2", b"3"):
            await account.put("a.json", data=data)
            assert await pulled(source) == []
        await first.complete()
        (last,) = await pulled(source)
        assert last.event.data == b"3"
        await last.complete()
        assert await pulled(source) == []


async def test_what_was_not_received_comes_again_when_the_source_is_entered_again():
    account = Account()
    await account.put("a.json")
    source = account.source()
    async with source:
        await listed(source)
        source._begin(1, 0.0)
    async with source:
        assert await names(source) == ["input/a.json"]


async def test_a_failure_that_cannot_be_told_of_holds_up_nobody(caplog):
    account = Account()
    await account.put("a.json", "b.json")
    async with account.source(max_attempts=1) as source:
        read, write = account.blobs.read, account.own.write

        async def unreadable(blob):
            if blob.name == "a.json":
                raise BlobRefused("not this one")
            return await read(blob)

        async def unwritable(container, name, *rest):
            if "blobfailures" in name:
                raise ValueError("not this name")
            await write(container, name, *rest)

        account.blobs.read, account.own.write = unreadable, unwritable
        assert await names(source) == ["input/b.json"]
        assert "'input/a.json' could not be noted" in caplog.text
        account.own.write = write
        await pulled(source)
    assert account.receipts["input/a.json"]["Poisoned"]
