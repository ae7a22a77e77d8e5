"""triggers.blob_cursor"""

import json
from datetime import UTC, datetime, timedelta

import pytest

from triggers.blob_cursor import BlobCursor
from triggers.blob_memory import MemoryBlobs
from triggers.errors import SourceUnavailable

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
NAME = "blobscaninfo/host/memory/input/scanInfo"


def cursor(store: MemoryBlobs, *functions: str) -> BlobCursor:
    made = BlobCursor(store, host_id="host", account="memory", container="input")
    for function in functions:
        made.join(function)
    return made


def kept(store: MemoryBlobs) -> object:
    held = store.containers.get("azure-webjobs-hosts", {}).get(NAME)
    return None if held is None else json.loads(held[1])


async def test_it_is_kept_as_azures_host_keeps_it():
    store = MemoryBlobs()
    await cursor(store, "f").report("f", NOON)
    assert kept(store) == {"LatestScan": "2024-01-01T11:59:59.999Z"}
    assert await cursor(store).load() == NOON - timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-01T12:00:00Z", NOON),
        ("2024-01-01T11:59:59.9990000Z", NOON - timedelta(milliseconds=1)),
        ("2024-01-01T13:00:00+01:00", NOON),
    ],
)
async def test_azures_times_are_read(text, moment):
    store = MemoryBlobs()
    await store.write("azure-webjobs-hosts", NAME, json.dumps({"LatestScan": text}).encode(), "application/json")
    assert await cursor(store).load() == moment


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"LatestScan": 7}', b'{"LatestScan": "soon"}', b"\xff"])
async def test_what_cannot_be_read_counts_as_none_and_is_told(data, caplog):
    store = MemoryBlobs()
    await store.write("azure-webjobs-hosts", NAME, data, "application/json")
    assert await cursor(store).load() is None
    assert f"{NAME} cannot be read" in caplog.text


async def test_without_any_there_is_none():
    assert await cursor(MemoryBlobs()).load() is None


async def test_of_several_functions_the_one_that_is_least_far_decides():
    store = MemoryBlobs()
    shared = cursor(store, "f", "g")
    await shared.report("f", NOON)
    assert kept(store) is None
    await shared.report("g", NOON - timedelta(hours=1))
    assert kept(store) == {"LatestScan": "2024-01-01T10:59:59.999Z"}
    await shared.report("g", NOON + timedelta(hours=1))
    assert kept(store) == {"LatestScan": "2024-01-01T11:59:59.999Z"}


async def test_it_never_goes_back_and_is_not_written_for_nothing():
    store = MemoryBlobs()
    await cursor(store, "f").report("f", NOON)
    other = cursor(store, "f")
    await other.load()
    version = await store.facts("azure-webjobs-hosts", NAME)
    await other.report("f", NOON - timedelta(hours=1))
    await other.report("f", NOON)
    assert await store.facts("azure-webjobs-hosts", NAME) == version


async def test_what_could_not_be_kept_is_kept_with_the_next_report():
    store = MemoryBlobs()
    shared = cursor(store, "f")
    store.reachable = False
    with pytest.raises(SourceUnavailable):
        await shared.report("f", NOON)
    store.reachable = True
    await shared.report("f", NOON)
    assert kept(store) == {"LatestScan": "2024-01-01T11:59:59.999Z"}
