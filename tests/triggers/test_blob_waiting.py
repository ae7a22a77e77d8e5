"""triggers.blob_waiting; what it means for a source is tested in test_blob_source.py"""

from datetime import UTC, datetime

from triggers.blob_store import BlobInfo
from triggers.blob_waiting import WaitingLine


def version(name: str, etag: str) -> BlobInfo:
    return BlobInfo(container="input", name=name, etag=etag, last_modified=datetime.now(UTC))


async def test_of_one_name_one_version_is_out_and_the_newest_comes_next():
    line = WaitingLine()
    line.offer([version("a", "1"), version("b", "1"), version("a", "1"), version("a", "2"), version("a", "3")])
    first, other = line.next(), line.next()
    assert (first.blob.etag, other.blob.name, line.has_next) == ("1", "b", False)
    line.settled(first)
    assert line.next().blob.etag == "3"
    line.settled(first)
    assert not line.has_next
    assert len(line) == 2


async def test_one_that_pauses_is_waiting_but_not_next():
    line = WaitingLine()
    line.offer([version("a", "1"), version("b", "1")])
    first = line.next()
    line.later(first, 60.0)
    assert [candidate.blob.name for candidate in line.waiting()] == ["b", "a"]
    line.next()
    assert not line.has_next
    line.later(first, 0.0)
    assert line.has_next
    assert line.woken.is_set()
