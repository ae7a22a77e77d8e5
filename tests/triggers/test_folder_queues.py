"""The suite of queues over a folder, and what only a folder's queues can suffer."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.contract.queue_accounts import QueueStoreContract
from triggers.errors import SourceUnavailable
from triggers.folder_queues import QUEUES, FolderQueues

DAY = 24 * 3600 * 10**9

WORKER = """
import asyncio, sys
from pathlib import Path
from triggers.folder_queues import FolderQueues

async def work():
    queues = FolderQueues(Path(sys.argv[1]))
    print("ready", flush=True)
    while messages := await queues.receive("work", 16, hidden=int(sys.argv[2])):
        for message in messages:
            changed = await queues.hide("work", message, 60, text=message.text + "!")
            await queues.send("done", changed.text)
            await queues.delete("work", changed)

asyncio.run(work())
"""


@pytest.fixture
def store(tmp_path: Path) -> FolderQueues:
    return FolderQueues(tmp_path)


def worker(root: Path, hidden: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", WORKER, str(root), str(hidden)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


async def texts(store: FolderQueues, queue: str) -> list[str]:
    found: list[str] = []
    while messages := await store.receive(queue, 32, hidden=600):
        found += [one.text for one in messages]
    return found


class TestFolderQueues(QueueStoreContract):
    pass


async def test_a_message_comes_again_when_its_time_is_up_and_is_gone_after_a_week(tmp_path):
    now = [time.time_ns()]
    store = FolderQueues(tmp_path, clock=lambda: now[0])
    await store.send("work", "x")
    await store.receive("work", 1, hidden=60)
    now[0] += 59 * 10**9
    assert await store.receive("work", 1, hidden=60) == []
    now[0] += 2 * 10**9
    (again,) = await store.receive("work", 1, hidden=60)
    assert again.dequeue_count == 2
    now[0] += 7 * DAY
    assert await store.receive("work", 1, hidden=60) == []
    assert list((tmp_path / QUEUES / "work").iterdir()) == []


async def test_foreign_and_half_written_files_are_no_messages(tmp_path):
    now = [time.time_ns()]
    store = FolderQueues(tmp_path, clock=lambda: now[0])
    await store.make_queue("work")
    folder = tmp_path / QUEUES / "work"
    (folder / "README.md").write_text("x")
    (folder / f".{now[0]:020}.{'a' * 32}").write_text("x")
    assert await store.count("work") == 0
    assert len(list(folder.iterdir())) == 2
    now[0] += 8 * DAY
    assert await store.count("work") == 0
    assert [path.name for path in folder.iterdir()] == ["README.md"]


async def test_of_many_receivers_each_message_goes_to_one(tmp_path):
    stores = [FolderQueues(tmp_path) for _ in range(4)]
    for number in range(100):
        await stores[0].send("work", str(number))
    found = await asyncio.gather(*(texts(store, "work") for store in stores))
    assert sorted(int(text) for part in found for text in part) == list(range(100))


@pytest.mark.process
async def test_processes_share_a_queue_and_none_is_done_twice(tmp_path, store):
    for number in range(200):
        await store.send("work", str(number))
    for process in [worker(tmp_path, 60) for _ in range(2)]:
        with process:
            assert process.wait(20) == 0
    assert sorted(await texts(store, "done"), key=lambda t: int(t[:-1])) == [f"{number}!" for number in range(200)]
    assert await store.count("work") == 0


@pytest.mark.process
async def test_a_killed_process_loses_nothing(tmp_path, store):
    for number in range(300):
        await store.send("work", str(number))
    with worker(tmp_path, 0) as process:
        while await store.count("done") < 20:
            pass
        os.kill(process.pid, signal.SIGKILL)
    # What it was changing is hidden for a while at most.
    left = [path.read_text() for path in (tmp_path / QUEUES / "work").iterdir() if path.name[0] != "."]
    done = await texts(store, "done")
    assert {text.rstrip("!") for text in left} | {text.rstrip("!") for text in done} == {str(n) for n in range(300)}
    assert len(left) + len(done) <= 301


async def test_taking_a_few_of_ten_thousand_reads_few_files(tmp_path, store):
    await store.send("work", "x")
    (message,) = (tmp_path / QUEUES / "work").iterdir()
    visible, inserted, *rest = message.name.split(".")
    for number in range(10_000):
        # No file at all, so that reading one would be an error.
        name = ".".join([visible, f"{int(inserted) + 1 + number:020}", rest[0], f"{number:032x}", rest[2]])
        message.with_name(name).symlink_to("nowhere")
    begun = time.perf_counter()
    (first,) = await store.receive("work", 1, hidden=60)
    assert first.text == "x"
    assert time.perf_counter() - begun < 0.5
    assert await store.count("work") == 10_001


async def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path):
    (tmp_path / QUEUES).write_text("a file")
    with pytest.raises(SourceUnavailable, match="could not send to queue 'work'"):
        await FolderQueues(tmp_path).send("work", "x")
