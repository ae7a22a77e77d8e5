"""triggers.blob_memory: that it can be made unreachable; the rest is the suite in tests/contract"""

import pytest

from triggers.blob_memory import MemoryBlobs, MemoryLedger
from triggers.errors import BlobRefused, SourceUnavailable


async def test_unreachable_blobs():
    store = MemoryBlobs()
    store.reachable = False
    for attempt in (store.open("abc"), store.write("abc", "x", b"", "text/plain"), anext(store.pages("abc", ""))):
        with pytest.raises(SourceUnavailable, match="made unreachable"):
            await attempt


async def test_unreachable_ledger():
    ledger = MemoryLedger()
    ledger.reachable = False
    for attempt in (ledger.create("a", {}), ledger.read("a"), ledger.replace("a", {}, "1")):
        with pytest.raises(SourceUnavailable, match="made unreachable"):
            await attempt


async def test_single_blobs_can_be_refused():
    store = MemoryBlobs()
    store.refused.add("abc/x")
    await store.write("abc", "y", b"", "text/plain")
    with pytest.raises(BlobRefused, match="'abc/x'"):
        await store.write("abc", "x", b"", "text/plain")
