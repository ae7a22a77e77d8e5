"""What every kind of storage account must do: suites that are run over memory, a folder and Azurite."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from triggers.blob_receipts import BlobReceipts, Busy, Receipt
from triggers.blob_store import BlobInfo, BlobStore, Ledger, newest
from triggers.errors import DeliveryLost

NAMES = ["a.json", "deep/er/b c.json", "ümlaut ½ 漢.json", "per%cent+plus#hash?.json", "quo'te\"s.json"]


async def listed(store: BlobStore, container: str, prefix: str = "") -> dict[str, BlobInfo]:
    return {blob.name: blob async for page in store.pages(container, prefix) for blob in page.blobs}


class BlobStoreContract:
    """Subclasses give the fixture `store`, and `container`: a name nobody used before."""

    async def test_a_blob_comes_back_as_it_was_written(self, store: BlobStore, container: str):
        for name in NAMES:
            await store.write(container, name, name.encode(), "application/json")
        found = await listed(store, container)
        assert sorted(found) == sorted(NAMES)
        for name, blob in found.items():
            content = await store.read(blob)
            assert content is not None
            assert content.data == name.encode()
            assert content.properties["ContentLength"] == len(name.encode())
            assert content.properties["ContentType"] == "application/json"
            assert content.properties["ETag"] == blob.etag
            assert blob.path == f"{container}/{name}"
            assert "://" in content.uri

    async def test_a_new_blob_never_replaces_one(self, store: BlobStore, container: str):
        assert await store.create(container, "deep/a", b"1", "text/plain")
        assert not await store.create(container, "deep/a", b"2", "text/plain")
        content = await store.read(newest(container, "deep/a"))
        assert content is not None
        assert content.data == b"1"

    async def test_only_the_version_that_was_read_is_replaced(self, store: BlobStore, container: str):
        await store.write(container, "a", b"1", "text/plain")
        first = (await listed(store, container))["a"]
        assert await store.replace(first, b"2", "text/plain")
        assert not await store.replace(first, b"3", "text/plain")
        assert not await store.replace(replace(first, name="never"), b"3", "text/plain")
        content = await store.read(newest(container, "a"))
        assert content is not None
        assert content.data == b"2"

    async def test_of_many_replacements_at_once_one_is_made(self, store: BlobStore, container: str):
        await store.write(container, "a", b"", "text/plain")
        first = (await listed(store, container))["a"]
        work = (store.replace(first, str(number).encode(), "text/plain") for number in range(8))
        assert sorted(await asyncio.gather(*work)) == [False] * 7 + [True]

    async def test_an_empty_and_a_binary_blob(self, store: BlobStore, container: str):
        await store.write(container, "empty", b"", "text/plain")
        await store.write(container, "binary", bytes(range(256)), "text/plain")
        found = await listed(store, container)
        empty, binary = await store.read(found["empty"]), await store.read(found["binary"])
        assert empty is not None
        assert empty.data == b""
        assert binary is not None
        assert binary.data == bytes(range(256))

    async def test_a_missing_container_has_no_blobs(self, store: BlobStore, container: str):
        pages = [page async for page in store.pages(container, "")]
        assert [blob for page in pages for blob in page.blobs] == []
        assert len(pages) == 1

    async def test_a_container_may_be_made_twice(self, store: BlobStore, container: str):
        for _ in range(2):
            await store.make_container(container)
        assert [list(page.blobs) async for page in store.pages(container, "")] == [[]]

    async def test_opening_makes_the_container_and_may_be_repeated(self, store: BlobStore, container: str):
        await store.open(container)
        await store.open(container)
        assert await listed(store, container) == {}

    async def test_a_listing_may_be_narrowed(self, store: BlobStore, container: str):
        for name in ("in/a", "in/b", "index", "out/a"):
            await store.write(container, name, b"", "text/plain")
        assert set(await listed(store, container, "in/")) == {"in/a", "in/b"}
        assert set(await listed(store, container, "in")) >= {"in/a", "in/b", "index"}

    async def test_another_version_has_another_etag_and_the_old_one_is_gone(self, store: BlobStore, container: str):
        await store.write(container, "a", b"1", "text/plain")
        old = (await listed(store, container))["a"]
        await store.write(container, "a", b"2", "text/plain")
        new = (await listed(store, container))["a"]
        assert old.etag != new.etag
        assert new.etag.startswith('"')
        assert await store.read(old) is None
        content = await store.read(new)
        assert content is not None
        assert content.data == b"2"

    async def test_the_newest_version_is_read_by_its_name(self, store: BlobStore, container: str):
        assert await store.read(newest(container, "a")) is None
        for data in (b"1", b"2"):
            await store.write(container, "a", data, "text/plain")
        content = await store.read(newest(container, "a"))
        assert content is not None
        assert content.data == b"2"

    async def test_a_blob_that_never_was_is_none(self, store: BlobStore, container: str):
        ghost = BlobInfo(container=container, name="no", etag='"x"', last_modified=datetime.now(UTC))
        assert await store.read(ghost) is None
        await store.open(container)
        assert await store.read(ghost) is None

    async def test_times_are_the_accounts_own(self, store: BlobStore, container: str):
        await store.write(container, "a", b"", "text/plain")
        pages = [page async for page in store.pages(container, "")]
        assert abs(pages[0].listed_at - pages[0].blobs[0].last_modified) < timedelta(seconds=20)
        assert abs(pages[0].listed_at - datetime.now(UTC)) < timedelta(seconds=20)

    async def test_changes_end_with_the_timeout(self, store: BlobStore, container: str):
        await store.open(container)
        async with asyncio.timeout(5):
            assert list(await store.changes(container, 0.01)) == []

    async def test_it_opens_again_after_close(self, store: BlobStore, container: str):
        await store.write(container, "a", b"", "text/plain")
        await store.close()
        assert set(await listed(store, container)) == {"a"}


class LedgerContract:
    """Subclasses give the fixture `ledger`, and `prefix`: the beginning of names nobody used before."""

    async def test_an_entry_is_made_once(self, ledger: Ledger, prefix: str):
        made = await ledger.create(f"{prefix}/a", {"Key": "value 1"})
        assert made is not None
        assert await ledger.create(f"{prefix}/a", {"Key": "other"}) is None
        found = await ledger.read(f"{prefix}/a")
        assert found is not None
        assert dict(found.facts) == {"Key": "value 1"}
        assert found.version == made.version

    async def test_no_entry_is_none(self, ledger: Ledger, prefix: str):
        assert await ledger.read(f"{prefix}/none") is None
        assert await ledger.replace(f"{prefix}/none", {}, '"0x1"') is None

    async def test_replacing_needs_the_current_version(self, ledger: Ledger, prefix: str):
        first = await ledger.create(f"{prefix}/a", {"Key": "1"})
        assert first is not None
        second = await ledger.replace(f"{prefix}/a", {}, first.version)
        assert second is not None
        assert await ledger.replace(f"{prefix}/a", {"Key": "3"}, first.version) is None
        found = await ledger.read(f"{prefix}/a")
        assert found is not None
        assert dict(found.facts) == {}
        assert found.version == second.version

    async def test_of_many_at_once_one_wins(self, ledger: Ledger, prefix: str):
        made = await asyncio.gather(*(ledger.create(f"{prefix}/a", {"By": str(number)}) for number in range(8)))
        (winner,) = [entry for entry in made if entry is not None]
        replaced = await asyncio.gather(
            *(ledger.replace(f"{prefix}/a", {"By": str(number)}, winner.version) for number in range(8))
        )
        assert len([entry for entry in replaced if entry is not None]) == 1

    async def test_long_and_odd_names(self, ledger: Ledger, prefix: str):
        names = [f"{prefix}/{name}" for name in [*NAMES, "x" * 300, "x" * 299 + "y"]]
        for name in names:
            assert await ledger.create(name, {"Name": str(len(name))}) is not None
        for name in names:
            found = await ledger.read(name)
            assert found is not None
            assert found.facts["Name"] == str(len(name))


class ReceiptsContract:
    """The same behaviour of receipts over every ledger; fixtures as in LedgerContract."""

    @pytest.fixture
    def now(self) -> list[datetime]:
        """The time, to be moved by the test."""
        return [datetime(2024, 1, 1, tzinfo=UTC)]

    @pytest.fixture
    def receipts(self, ledger: Ledger, prefix: str, now: list[datetime]) -> BlobReceipts:
        clock: Callable[[], datetime] = lambda: now[0]  # noqa: E731 - an annotated one-liner
        return BlobReceipts(ledger, host_id=prefix.rpartition("/")[2], function="f", clock=clock)

    @pytest.fixture
    def blob(self, now: list[datetime]) -> BlobInfo:
        return BlobInfo(container="input", name="a b/c.json", etag='"0x8D1"', last_modified=now[0])

    async def test_the_name_is_that_of_azures_host(self, receipts, blob, ledger, prefix):
        receipt = await receipts.claim(blob)
        host = prefix.rpartition("/")[2]
        assert receipt.name == f'blobreceipts/{host}/Host.Functions.f/"0x8D1"/input/a b/c.json'
        entry = await ledger.read(receipt.name)
        assert entry.facts["Incomplete"] == "Incomplete"

    async def test_done_is_done(self, receipts, blob, ledger):
        receipt = await receipts.claim(blob)
        await receipts.complete(receipt)
        assert await receipts.claim(blob) is None
        assert dict((await ledger.read(receipt.name)).facts) == {}

    async def test_a_claim_holds_until_it_runs_out(self, receipts, blob, now):
        receipt = await receipts.claim(blob)
        now[0] += timedelta(seconds=59)
        assert await receipts.claim(blob) == Busy(until=now[0] + timedelta(seconds=1))
        now[0] += timedelta(seconds=2)
        taken = await receipts.claim(blob)
        assert isinstance(taken, Receipt)
        assert taken.attempt == 2
        for settle in (receipts.complete, receipts.renew):
            with pytest.raises(DeliveryLost, match="taken over"):
                await settle(receipt)

    async def test_renewing_holds_it_longer(self, receipts, blob, now):
        receipt = await receipts.claim(blob)
        now[0] += timedelta(seconds=50)
        receipt = await receipts.renew(receipt)
        now[0] += timedelta(seconds=50)
        assert isinstance(await receipts.claim(blob), Busy)
        await receipts.complete(receipt)
        assert await receipts.claim(blob) is None

    @pytest.mark.parametrize(("counted", "attempt"), [(True, 2), (False, 1)])
    async def test_a_released_claim_is_free_after_the_pause(self, receipts, blob, now, counted, attempt):
        await receipts.release(await receipts.claim(blob), pause=5, counted=counted)
        assert isinstance(await receipts.claim(blob), Busy)
        now[0] += timedelta(seconds=6)
        assert (await receipts.claim(blob)).attempt == attempt

    async def test_poisoned_is_never_claimed_again(self, receipts, blob, ledger, now):
        receipt = await receipts.claim(blob)
        await receipts.poison(receipt)
        now[0] += timedelta(days=1)
        assert await receipts.claim(blob) is None
        assert (await ledger.read(receipt.name)).facts["Poisoned"]

    async def test_versions_and_functions_have_receipts_of_their_own(self, ledger, prefix, receipts, blob, now):
        await receipts.complete(await receipts.claim(blob))
        other = BlobInfo(container="input", name=blob.name, etag='"0x8D2"', last_modified=now[0])
        assert isinstance(await receipts.claim(other), Receipt)
        another = BlobReceipts(ledger, host_id=prefix.rpartition("/")[2], function="g")
        assert isinstance(await another.claim(blob), Receipt)

    async def test_what_azures_host_left_unfinished_is_taken_over(self, receipts, blob, ledger, prefix):
        host = prefix.rpartition("/")[2]
        name = f'blobreceipts/{host}/Host.Functions.f/"0x8D1"/input/a b/c.json'
        await ledger.create(name, {"Incomplete": "Incomplete"})
        assert (await receipts.claim(blob)).attempt == 1

    async def test_a_deleted_receipt_is_lost(self, receipts, blob):
        ghost = Receipt(name="blobreceipts/x/y/none", version='"0x1"', attempt=1)
        with pytest.raises(DeliveryLost):
            await receipts.complete(ghost)


async def closing(thing: BlobStore) -> AsyncIterator[BlobStore]:
    """The store for a fixture, closed after the test."""
    yield thing
    await thing.close()
