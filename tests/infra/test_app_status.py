"""infra.app_status"""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.app_run import data_folder, save
from infra.app_settings import CONNECTIONS
from infra.app_status import status
from infra.errors import NotRunning
from tests.support import failed, runs
from triggers.blob_messages import POISON_QUEUE, control_queue
from triggers.blob_receipts import CONTAINER, BlobReceipts
from triggers.folder_ledger import FolderLedger
from triggers.folder_queues import FolderQueues
from triggers.local_folder import LocalFolder

pytestmark = pytest.mark.process


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in CONNECTIONS:
        monkeypatch.delenv(name, raising=False)
    return failed.app_folder(tmp_path)


def send(app: Path, queue: str, count: int) -> None:
    async def work() -> None:
        queues = FolderQueues(failed.storage_of(app))
        for _ in range(count):
            await queues.send(queue, "x", hidden=60)

    asyncio.run(work())


def receipts(app: Path) -> BlobReceipts:
    ledger = FolderLedger(failed.storage_of(app), CONTAINER)
    return BlobReceipts(ledger, host_id=failed.HOST_ID, function="one")


def answered(app: Path, *names: str) -> None:
    """Note those of the blobs that are there as done."""

    async def work() -> None:
        async for page in LocalFolder(failed.storage_of(app)).pages("input", ""):
            for blob in page.blobs:
                if blob.name in names:
                    await receipts(app).note_done(blob)

    asyncio.run(work())


def test_an_app_that_did_nothing_yet(app: Path) -> None:
    found = status(app)

    assert (found.host_id, found.url, found.queued) == (failed.HOST_ID, "", 0)
    assert [(one.name, one.path) for one in found.functions] == [("one", "input/{name}.txt"), ("two", "other")]
    assert {(one.given_up, one.searched_until, one.pending) for one in found.functions} == {(0, None, None)}


def test_queues_records_and_the_cursor_are_read(app: Path) -> None:
    send(app, control_queue(failed.HOST_ID), 2)
    send(app, POISON_QUEUE, 3)
    failed.record(app, "one", "input/a.txt")
    account = LocalFolder(failed.storage_of(app)).account
    cursor = failed.storage_of(app) / CONTAINER / f"blobscaninfo/{failed.HOST_ID}/{account}/input/scanInfo"
    failed.put(cursor, '{"LatestScan": "2024-01-01T00:00:00.999Z"}')

    found = status(app)
    one, two = found.functions

    assert found.queued == 2
    assert (one.given_up, one.poison_messages) == (1, 3)
    assert one.searched_until == datetime(2024, 1, 1, 0, 0, 0, 999000, tzinfo=UTC)
    assert (two.given_up, two.searched_until) == (0, None)
    assert json.loads(json.dumps(found.as_document()))["functions"][0]["searched_until"].startswith("2024-01-01T00")


def test_what_nobody_has_begun_with_is_counted(app: Path) -> None:
    for name in ("a.txt", "deep/b.txt", "c.txt", "d.csv"):
        failed.put(failed.storage_of(app) / "input" / name, "x")
    answered(app, "a.txt")

    one, two = status(app, count=True).functions

    assert (one.pending, two.pending) == (2, 0)


def test_what_was_there_before_a_start_from_now_does_not_count(app: Path) -> None:
    failed.put(failed.storage_of(app) / "input" / "a.txt", "x")
    asyncio.run(receipts(app).note_begun(unfinished=False, start_from=datetime(2100, 1, 1, tzinfo=UTC)))

    assert status(app, count=True).functions[0].pending == 0


def test_a_host_that_was_named_must_answer(app: Path) -> None:
    with pytest.raises(NotRunning):
        status(app, url="http://127.0.0.1:1")


def test_a_local_run_that_tells_nothing_is_no_failure(app: Path) -> None:
    run = runs.app_run(app.parent)
    save(run, data_folder(app))

    assert status(app).url == ""
