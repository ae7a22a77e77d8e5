"""What every kind of storage account must do: suites that are run over memory, a folder and Azurite."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest

from triggers.blob_receipts import BlobReceipts, Busy, Receipt
from triggers.blob_store import ABSENT, BlobInfo, BlobStore, Ledger, newest
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
        made = await store.write(container, "deep/a", b"1", "text/plain", only_if=ABSENT)
        assert made
        assert await store.write(container, "deep/a", b"2", "text/plain", only_if=ABSENT) is None
        content = await store.read(newest(container, "deep/a"))
        assert content is not None
        assert content.data == b"1"
        assert content.properties["ETag"] == made

    async def test_of_many_writers_of_a_new_blob_one_wins(self, store: BlobStore, container: str):
        await store.make_container(container)
        writes = (
            store.write(container, "a", b"%d" % number, "text/plain", facts={"by": str(number)}, only_if=ABSENT)
            for number in range(8)
        )
        etags = await asyncio.gather(*writes)
        (winner,) = [number for number, etag in enumerate(etags) if etag is not None]
        content, entry = await store.read(newest(container, "a")), await store.facts(container, "a")
        assert content is not None
        assert content.data == b"%d" % winner
        assert entry is not None
        assert (dict(entry.facts), entry.version) == ({"by": str(winner)}, etags[winner])

    async def test_a_version_is_replaced_only_while_it_is_the_newest(self, store: BlobStore, container: str):
        first = await store.write(container, "a", b"1", "text/plain")
        second = await store.write(container, "a", b"2", "text/plain", only_if=first)
        assert second is not None
        assert second != first
        assert await store.write(container, "a", b"3", "text/plain", only_if=first) is None
        assert await store.write(container, "gone", b"3", "text/plain", only_if=first) is None
        assert await store.write(f"{container}x", "a", b"3", "text/plain", only_if=first) is None
        found = await listed(store, container)
        assert {name: blob.etag for name, blob in found.items()} == {"a": second}

    @pytest.mark.parametrize("name", NAMES)
    async def test_facts_are_any_text(self, store: BlobStore, container: str, name: str):
        facts = {
            "Source": f"input/{name}",
            "Odd": " ümlaut  \n\t%41 100% ",
            "Empty_": "",
            "Time": "2024-01-01 00:00:00",
        }
        etag = await store.write(container, name, b"x", "text/plain", facts=facts)
        entry = await store.facts(container, name)
        assert entry is not None
        assert dict(entry.facts) == facts
        assert entry.version == etag
        await store.write(container, name, b"y", "text/plain")
        entry = await store.facts(container, name)
        assert entry is not None
        assert dict(entry.facts) == {}

    async def test_a_write_that_comes_too_late_leaves_the_facts(self, store: BlobStore, container: str):
        await store.write(container, "a", b"1", "text/plain", facts={"by": "first"})
        for condition in (ABSENT, '"0x1"'):
            late = store.write(container, "a", b"2", "text/plain", facts={"by": "second"}, only_if=condition)
            assert await late is None
        entry = await store.facts(container, "a")
        assert entry is not None
        assert dict(entry.facts) == {"by": "first"}

    async def test_a_missing_blob_has_no_facts(self, store: BlobStore, container: str):
        assert await store.facts(container, "a") is None
        await store.make_container(container)
        assert await store.facts(container, "a") is None

    async def test_a_deleted_blob_is_gone_with_its_facts(self, store: BlobStore, container: str):
        await store.delete(container, "a")
        await store.write(container, "a", b"1", "text/plain", facts={"by": "first"})
        for _ in range(2):
            await store.delete(container, "a")
            assert await store.facts(container, "a") is None
            assert await store.read(newest(container, "a")) is None
        await store.write(container, "a", b"1", "text/plain")
        entry = await store.facts(container, "a")
        assert entry is not None
        assert dict(entry.facts) == {}

    async def test_a_file_is_written_from_its_beginning_and_stays_open(self, store: BlobStore, container: str):
        with tempfile.TemporaryFile() as file:
            file.write(b"whole file")
            for name in ("a", "b"):
                await store.write(container, name, file, "text/plain")
            file.seek(0)
            assert file.read() == b"whole file"
        for name in ("a", "b"):
            content = await store.read(newest(container, name))
            assert content is not None
            assert content.data == b"whole file"

    async def test_the_longest_names(self, store: BlobStore, container: str):
        # A part of a path may be a file name, which has 255 bytes at most.
        for name in ("/".join(["ü" * 100] * 10) + "/" + "x" * 14, "a" * 255, "{a}"):
            await store.write(container, name, b"x", "text/plain", facts={"a": "1"})
            assert await store.facts(container, name) is not None
            assert name in await listed(store, container)
            await store.delete(container, name)

    async def test_the_account_has_a_name(self, store: BlobStore):
        assert store.account

    async def test_of_many_replacements_at_once_one_is_made(self, store: BlobStore, container: str):
        await store.write(container, "a", b"", "text/plain")
        etag = (await listed(store, container))["a"].etag
        work = (store.write(container, "a", str(number).encode(), "text/plain", only_if=etag) for number in range(8))
        assert len([written for written in await asyncio.gather(*work) if written is not None]) == 1

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

    async def test_put_takes_any_earlier_ones_place(self, ledger: Ledger, prefix: str):
        made = await ledger.create(f"{prefix}/a", {"Key": "1"})
        assert made is not None
        for name in ("a", "b"):
            await ledger.put(f"{prefix}/{name}", {"Key": "2"})
            found = await ledger.read(f"{prefix}/{name}")
            assert found is not None
            assert dict(found.facts) == {"Key": "2"}
        assert await ledger.replace(f"{prefix}/a", {}, made.version) is None

    @pytest.mark.parametrize("below", ["f/a", 'Host.Functions.f/"0x1"/input/a.json'])
    async def test_whether_there_are_entries_below_a_folder(self, ledger: Ledger, prefix: str, below: str):
        folder = below.rpartition("/")[0]
        assert await ledger.is_empty(f"{prefix}/{folder}")
        await ledger.create(f"{prefix}/{folder}x/a", {})
        assert await ledger.is_empty(f"{prefix}/{folder}")
        await ledger.create(f"{prefix}/{below}", {})
        assert not await ledger.is_empty(f"{prefix}/{folder}")
        assert not await ledger.is_empty(prefix)

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
        await receipts.note_poisoned(blob, 5)
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
