"""triggers.blob_output"""

import pytest

from triggers.blob_memory import MemoryBlobs
from triggers.blob_output import BlobWriter
from triggers.errors import InvalidPath
from triggers.paths import BlobPath


@pytest.mark.parametrize(("value", "data"), [("ü", "ü".encode()), (b"\xff", b"\xff"), (bytearray(b"x"), b"x")])
async def test_the_writer_fills_the_path_and_replaces_the_blob(value, data):
    store = MemoryBlobs()
    writer = BlobWriter(store, BlobPath.parse("output/{blobname}_out.json"))
    await writer.write(b"old", {"blobname": "a/b"})
    await writer.write(value, {"blobname": "a/b"})
    await writer.close()
    assert store.containers["output"]["a/b_out.json"][1] == data


@pytest.mark.parametrize(("path", "made"), [("output/{x}", ["output"]), ("{x}/a", [])])
async def test_opening_the_writer_makes_its_container_if_it_has_one_name(path, made):
    store = MemoryBlobs()
    await BlobWriter(store, BlobPath.parse(path)).open()
    assert list(store.containers) == made


async def test_the_writer_refuses_what_is_no_text():
    writer = BlobWriter(MemoryBlobs(), BlobPath.parse("output/x"))
    with pytest.raises(TypeError, match="'output/x' got a dict"):
        await writer.write({"a": 1}, {})


async def test_the_writer_names_a_missing_value():
    writer = BlobWriter(MemoryBlobs(), BlobPath.parse("output/{x}"))
    with pytest.raises(InvalidPath, match=r"No value for \{x\}"):
        await writer.write(b"", {})


class Answers:
    """What versions of the blob `input/a` are answered with, in one place."""

    def __init__(self, store: MemoryBlobs | None = None) -> None:
        self.store = store or MemoryBlobs()

    async def write(self, value: str, etag: str = "1", modified: str = "T1", digest: str = "d", **more: str) -> str:
        writer = BlobWriter(self.store, BlobPath.parse("output/a"), answers_blobs=True, digest=digest)
        properties = {"ETag": etag, "LastModified": modified}
        await writer.write(value, {"BlobTrigger": "input/a", "Properties": properties, **more})
        return self.store.containers["output"]["a"][1].decode()


async def test_an_answer_notes_what_it_answers():
    answers = Answers()
    await answers.write("first")
    facts = (await answers.store.facts("output", "a")).facts
    assert facts == {"SourceBlob": "input/a", "SourceETag": "1", "SourceLastModified": "T1", "PackageDigest": "d"}


@pytest.mark.parametrize(
    ("second", "stays"),
    [
        ({}, True),
        ({"etag": "0", "modified": "T0"}, True),
        ({"etag": "0", "modified": "T0", "digest": "e"}, True),
        ({"etag": "2", "modified": "T2"}, False),
        ({"digest": "e"}, False),
        ({"Replay": "r"}, False),
        ({"BlobTrigger": "input/b"}, False),
    ],
)
async def test_one_answer_per_version_and_package_and_the_newest_stays(second, stays):
    answers = Answers()
    await answers.write("first")
    assert await answers.write("second", **second) == ("first" if stays else "second")


async def test_what_a_stranger_wrote_is_replaced():
    answers = Answers()
    await answers.store.write("output", "a", b"a stranger's", "text/plain")
    assert await answers.write("ours") == "ours"


class Racing(MemoryBlobs):
    """Somebody changes or deletes the output between our look and our write, so many times."""

    def __init__(self, times: int, *, deletes: bool) -> None:
        super().__init__()
        self.times, self.deletes = times, deletes

    async def facts(self, container, name):
        found = await super().facts(container, name)
        if self.times:
            self.times -= 1
            if self.deletes:
                await self.delete(container, name)
            else:
                await self.write(container, name, b"a stranger's", "text/plain")
        return found


@pytest.mark.parametrize("deletes", [True, False])
@pytest.mark.parametrize("times", [1, 3, 100])
async def test_a_race_for_the_output_comes_to_an_end(times, deletes):
    store = Racing(times, deletes=deletes)
    await store.write("output", "a", b"a stranger's", "text/plain")
    assert await Answers(store).write("ours") == "ours"
