"""triggers.blob_sweep"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triggers.blob_memory import MemoryBlobs
from triggers.blob_sweep import BlobSweep
from triggers.errors import SourceUnavailable
from triggers.paths import BlobPath


class Container:
    """A container, a clock that is moved by hand, and a sweep of it."""

    def __init__(self, page_size: int = 2) -> None:
        self.now = datetime(2024, 1, 1, tzinfo=UTC)
        self.store = MemoryBlobs(page_size=page_size, clock=lambda: self.now)
        self.sweep = BlobSweep(self.store, BlobPath.parse_trigger("input/{n}.json"))

    async def put(self, name: str) -> str:
        await self.store.write("input", name, b"", "text/plain")
        return self.store.containers["input"][name][0].etag

    async def swept(self) -> list[str]:
        """The ETags found from here to the end of the sweep."""
        found: list[str] = []
        while (page := await self.sweep.next_page()) is not None:
            found += [blob.etag for blob in page]
        return found


async def test_each_version_is_named_once():
    container = Container()
    first = await container.put("a.json")
    await container.put("a.txt")
    assert await container.swept() == [first]
    assert await container.swept() == []
    second = await container.put("a.json")
    assert await container.swept() == [second]


async def test_a_change_told_before_the_sweep_is_not_named_again():
    container = Container()
    await container.put("a.json")
    told = [container.store.containers["input"]["a.json"][0]]
    assert container.sweep.new(told) == told
    assert container.sweep.new(told) == []
    assert await container.swept() == []


async def test_what_is_of_no_interest_stays_so_in_later_sweeps():
    container = Container()
    await container.put("old.json")
    container.now += timedelta(seconds=5)
    since = container.now - timedelta(seconds=1)
    container.sweep = BlobSweep(container.store, BlobPath.parse_trigger("input/{n}.json"), since=since)
    assert [await container.swept(), await container.swept()] == [[], []]
    assert container.sweep.since == since


async def test_old_blobs_are_not_remembered():
    container = Container()
    for number in range(5):
        await container.put(f"{number}.json")
    container.now += timedelta(minutes=5)
    assert len(await container.swept()) == 5
    assert container.sweep.remembered == 0
    assert await container.swept() == []


async def test_an_interrupted_sweep_begins_anew():
    container = Container(page_size=1)
    etags = [await container.put("a.json"), await container.put("b.json")]
    assert [blob.etag for blob in await container.sweep.next_page() or []] == etags[:1]
    assert container.sweep.under_way
    container.store.reachable = False
    container.sweep._pages = None
    with pytest.raises(SourceUnavailable):
        await container.sweep.next_page()
    assert not container.sweep.under_way
    container.store.reachable = True
    assert await container.swept() == etags[1:]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 4)),
        st.tuples(st.just("delete"), st.integers(0, 4)),
        st.tuples(st.just("page"), st.just(0)),
        st.tuples(st.just("wait"), st.sampled_from([1, 20, 31, 100])),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
async def test_no_version_is_missed_and_none_named_twice(steps: list[tuple[str, int]]):
    container, named = Container(), []
    for step, number in steps:
        if step == "put":
            await container.put(f"{number}.json")
        elif step == "delete":
            container.store.containers.get("input", {}).pop(f"{number}.json", None)
        elif step == "wait":
            container.now += timedelta(seconds=number)
        else:
            named += [blob.etag for blob in await container.sweep.next_page() or []]
    for _ in range(2):
        named += await container.swept()
    there = [info.etag for info, _, _ in container.store.containers.get("input", {}).values()]
    assert set(there) <= set(named)
    assert len(named) == len(set(named))


async def test_what_is_held_back_is_named_once_when_it_is_told_and_the_listing_goes_on():
    container = Container(page_size=10)
    etag = await container.put("open.json")
    (info, _, _) = container.store.containers["input"]["open.json"]
    whole, hidden = container.store.pages, [True]

    async def pages(name, prefix):
        async for page in whole(name, prefix):
            held = info.last_modified if hidden[0] else None
            yield replace(page, blobs=[] if hidden[0] else page.blobs, held_back=held)

    container.store.pages = pages
    for _ in range(5):
        assert await container.swept() == []
        container.now += timedelta(seconds=10)
    hidden[0] = False
    assert [blob.etag for blob in container.sweep.told([info])] == [etag]
    for _ in range(5):
        assert await container.swept() == []
        container.now += timedelta(seconds=30)
    assert container.sweep.remembered == 0


async def test_what_is_held_back_for_too_long_does_not_stop_the_search():
    container = Container()
    whole, long_ago = container.store.pages, container.now

    async def pages(name, prefix):
        async for page in whole(name, prefix):
            yield replace(page, held_back=long_ago)

    container.store.pages = pages
    container.now += timedelta(hours=1)
    await container.swept()
    assert container.now - container.sweep.since < timedelta(minutes=5)
