"""triggers.blob_failures"""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from triggers.blob_failures import BlobFailures, failures_folder
from triggers.blob_memory import MemoryBlobs
from triggers.blob_store import BlobInfo
from triggers.errors import SourceUnavailable
from triggers.paths import BlobPath

NOW = datetime(2024, 1, 1, tzinfo=UTC)
FOLDER = failures_folder("host", "f")


class Slow(MemoryBlobs):
    """Takes its time to list."""

    async def pages(self, container, prefix):
        await asyncio.sleep(0.005)
        async for page in super().pages(container, prefix):
            yield page


class Place:
    def __init__(self, error_path: str | None = "output/{blobname}_error.json") -> None:
        self.own, self.blobs = Slow(), MemoryBlobs()
        self.error_path = BlobPath.parse(error_path) if error_path else None

    def failures(self) -> BlobFailures:
        path = BlobPath.parse_trigger("input/{blobname}.json")
        return BlobFailures(self.own, self.blobs, path, folder=FOLDER, error_path=self.error_path, digest="sha256:1")

    @property
    def records(self) -> list[str]:
        return list(self.own.containers.get("azure-webjobs-hosts", {}))

    @property
    def files(self) -> list[str]:
        return list(self.blobs.containers.get("output", {}))


def blob(name: str) -> BlobInfo:
    return BlobInfo(container="input", name=name, etag='"1"', last_modified=NOW)


async def noted(place: Place, *names: str) -> BlobFailures:
    failures = place.failures()
    for name in names:
        await failures.note(blob(name), attempt=5, error=ValueError("no\nJSON"), story="failed 5 times", trace="t")
    return failures


async def test_record_and_error_file_tell_the_same():
    place = Place()
    await noted(place, "ü {x}%.json")
    assert place.records == [f"{FOLDER}input/ü {{x}}%.json"]
    assert place.files == ["ü {x}%_error.json"]
    (record,) = place.own.containers["azure-webjobs-hosts"].values()
    (file,) = place.blobs.containers["output"].values()
    assert record[1] == file[1]
    document = json.loads(file[1])
    assert datetime.fromisoformat(document.pop("time")).tzinfo is not None
    assert document == {
        "message": "Blob 'input/ü {x}%.json' failed 5 times.", "error": "ValueError: no\nJSON",
        "blob": "input/ü {x}%.json", "etag": '"1"', "attempt": 5, "packageDigest": "sha256:1", "traceId": "t",
    }  # fmt: skip


async def test_without_an_error_the_story_stands_for_it_and_the_file_may_be_switched_off():
    place = Place(error_path=None)
    await place.failures().note(blob("a.json"), attempt=5, error=None, story="was begun 5 times", trace="")
    (record,) = place.own.containers["azure-webjobs-hosts"].values()
    assert json.loads(record[1])["error"] == "was begun 5 times"
    assert place.blobs.containers == {}


async def test_a_success_takes_away_what_another_instance_noted_and_nothing_else():
    place = Place()
    await noted(place, "a.json", "b.json")
    await place.failures().forget(blob("a.json"))
    assert (place.records, place.files) == ([f"{FOLDER}input/b.json"], ["b_error.json"])


async def test_all_that_succeed_while_the_names_are_being_read_are_forgotten():
    place = Place()
    names = ["a.json", "b.json", "c.json"]
    await noted(place, *names)
    failures = place.failures()
    await asyncio.gather(*(failures.forget(blob(name)) for name in names))
    assert (place.records, place.files) == ([], [])


async def test_a_success_of_a_blob_that_never_failed_costs_no_request():
    place = Place()
    failures = place.failures()
    await failures.forget(blob("a.json"))
    place.own.reachable = place.blobs.reachable = False
    await failures.forget(blob("b.json"))


async def test_what_was_noted_elsewhere_since_is_forgotten_when_asked_for_surely():
    place = Place()
    failures = place.failures()
    await failures.forget(blob("z.json"))
    await noted(place, "a.json", "b.json")
    await failures.forget(blob("a.json"))
    await failures.forget(blob("b.json"), surely=True)
    assert (place.records, place.files) == ([f"{FOLDER}input/a.json"], ["a_error.json"])


async def test_an_outage_while_the_names_are_read_leaves_them_to_the_next_success():
    place = Place()
    await noted(place, "a.json")
    failures = place.failures()
    place.own.reachable = False
    with pytest.raises(SourceUnavailable):
        await failures.forget(blob("a.json"))
    place.own.reachable = True
    await failures.forget(blob("a.json"))
    assert place.records == []
