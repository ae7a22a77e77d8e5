"""triggers.local_folder and, through it, triggers.folder_watch"""

import asyncio
import errno
import os
import shutil
import socket
import sys
import time
from pathlib import Path

import pytest

from triggers.errors import BlobRefused, InvalidPath, SourceUnavailable
from triggers.folder_files import STAGING, in_thread
from triggers.local_folder import _OF_THE_FILE_READ, LocalFolder


@pytest.fixture
async def folder(tmp_path, monkeypatch):
    monkeypatch.setattr("triggers.local_folder._SETTLE", 0.0)
    store = LocalFolder(tmp_path / "account")
    await store.open("input")
    yield store
    await store.close()


@pytest.fixture
def inbox(folder, tmp_path) -> Path:
    return tmp_path / "account" / "input"


async def changed(folder: LocalFolder, timeout: float = 5.0) -> list[str]:
    return sorted(blob.name for blob in await folder.changes("input", timeout))


async def listed(folder: LocalFolder) -> list[str]:
    return sorted([blob.name async for page in folder.pages("input", "") for blob in page.blobs])


async def test_a_written_file_is_told_at_once(folder, inbox):
    began = time.monotonic()
    (inbox / "a.json").write_text("{}")
    assert await changed(folder) == ["a.json"]
    assert time.monotonic() - began < 2


async def test_a_file_moved_in_is_told_with_its_old_times(folder, inbox, tmp_path):
    (tmp_path / "x").write_text("{}")
    os.utime(tmp_path / "x", (1e9, 1e9))
    (tmp_path / "x").rename(inbox / "a.json")
    (blob,) = await folder.changes("input", 5.0)
    assert blob.name == "a.json"
    assert abs(blob.last_modified.timestamp() - time.time()) < 60


async def test_a_file_renamed_inside_is_told_under_its_new_name(folder, inbox):
    (inbox / "a.tmp").write_text("{}")
    assert await changed(folder) == ["a.tmp"]
    (inbox / "a.tmp").rename(inbox / "a.json")
    assert await changed(folder) == ["a.json"]


async def test_a_slowly_written_file_is_neither_told_nor_listed_before_it_is_closed(folder, inbox):
    with (inbox / "slow.json").open("w") as file:
        file.write("half")
        file.flush()
        assert await changed(folder, 0.04) == []
        os.utime(file.fileno(), (1e9, 1e9))
        assert await listed(folder) == []
        file.write(" whole")
    assert await changed(folder) == ["slow.json"]
    assert await listed(folder) == ["slow.json"]


async def test_a_copy_with_its_times_is_one_version(folder, inbox, tmp_path):
    (tmp_path / "x").write_text("{}")
    os.utime(tmp_path / "x", (1e9, 1e9))
    shutil.copy2(tmp_path / "x", inbox / "a.json")
    (blob,) = await folder.changes("input", 5.0)
    assert await folder.read(blob) is not None


@pytest.mark.filterwarnings("ignore:Callback with id:RuntimeWarning")
async def test_sub_folders_are_watched_too(folder, inbox):
    (inbox / "deep" / "er").mkdir(parents=True)
    await asyncio.sleep(0.03)
    (inbox / "deep" / "er" / "a.json").write_text("{}")
    assert await changed(folder) == ["deep/er/a.json"]


async def test_a_deleted_folder_is_made_and_watched_again(folder, inbox):
    shutil.rmtree(inbox)
    assert await changed(folder, 0.01) == []
    (inbox / "a.json").write_text("{}")
    assert await changed(folder) == ["a.json"]


async def test_a_file_that_takes_anothers_place_is_another_version(folder, inbox, tmp_path):
    for content in ("1", "2"):
        (tmp_path / content).write_text(content)
        os.utime(tmp_path / content, (1e9, 1e9))
    (tmp_path / "1").rename(inbox / "a.json")
    (first,) = await folder.changes("input", 5.0)
    (tmp_path / "2").rename(inbox / "a.json")
    (second,) = await folder.changes("input", 5.0)
    assert first.etag != second.etag
    assert await folder.read(first) is None


async def test_without_watchdog_young_files_settle_first(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "triggers.folder_watch", None)
    store = LocalFolder(tmp_path)
    await store.open("input")
    (tmp_path / "input" / "young.json").write_text("{}")
    (tmp_path / "input" / "settled.json").write_text("{}")
    monkeypatch.setattr("triggers.local_folder._SETTLE", 60.0)
    assert await listed(store) == []
    monkeypatch.setattr("triggers.local_folder._SETTLE", 0.0)
    assert await listed(store) == ["settled.json", "young.json"]
    assert list(await store.changes("input", 0.001)) == []
    assert store.longest_pause == 1.0


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "a//b", "./x", ".."])
async def test_names_that_leave_the_container_are_refused(folder, name, tmp_path):
    with pytest.raises(InvalidPath, match="cannot be a file"):
        await folder.write("output", name, b"", "text/plain")
    assert not (tmp_path / "x").exists()
    assert not (tmp_path / "account" / "x").exists()


async def test_a_container_cannot_lead_out_either(folder):
    with pytest.raises(InvalidPath):
        await folder.write("..", "x", b"", "text/plain")


async def test_outputs_come_into_place_in_one_step_and_leave_nothing_behind(folder, tmp_path):
    await folder.open("output")
    await folder.write("output", "deep/a.json", b"{}", "application/json")
    (blob,) = await folder.changes("output", 5.0)
    assert blob.name == "deep/a.json"
    assert list((tmp_path / "account" / STAGING).iterdir()) == []


async def test_a_refused_write_is_of_that_blob_and_leaves_nothing_behind(folder, tmp_path):
    (tmp_path / "account" / "output" / "a.json").mkdir(parents=True)
    with pytest.raises(BlobRefused, match=r"could not write .*a\.json"):
        await folder.write("output", "a.json", b"{}", "application/json")
    assert list((tmp_path / "account" / STAGING).iterdir()) == []


async def test_a_file_that_was_just_made_is_not_listed_yet(folder, inbox, monkeypatch):
    (inbox / "young.json").touch()
    await changed(folder)
    monkeypatch.setattr("triggers.local_folder._SETTLE", 60.0)
    assert await listed(folder) == []


async def held_back(folder: LocalFolder):
    return [page.held_back async for page in folder.pages("input", "")][-1]


async def test_a_listing_tells_the_time_of_the_oldest_that_it_leaves_out(folder, inbox):
    assert await held_back(folder) is None
    (inbox / "whole.json").write_text("{}")
    await changed(folder)
    with (inbox / "first.json").open("w") as first, (inbox / "second.json").open("w") as second:
        for file in (first, second):
            file.write("half")
            file.flush()
            await asyncio.sleep(0.03)
        oldest = (inbox / "first.json").stat().st_mtime
        assert oldest < (inbox / "second.json").stat().st_mtime
        assert (await held_back(folder)).timestamp() == pytest.approx(oldest, abs=1e-5)
    await changed(folder)
    await asyncio.sleep(0.02)
    assert await held_back(folder) is None


async def test_a_young_file_is_held_back_too(folder, inbox, monkeypatch):
    (inbox / "young.json").write_text("{}")
    await changed(folder)
    monkeypatch.setattr("triggers.local_folder._SETTLE", 60.0)
    assert (await held_back(folder)).timestamp() == pytest.approx((inbox / "young.json").stat().st_ctime, abs=1e-5)


async def test_a_file_that_is_being_written_when_the_watch_begins_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr("triggers.local_folder._SETTLE", 0.0)
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "whole.json").write_text("{}")
    store = LocalFolder(tmp_path)
    with (tmp_path / "input" / "slow.json").open("w") as file:
        file.write("half")
        file.flush()
        await store.open("input")
        assert await listed(store) == ["whole.json"]
        assert await held_back(store) is not None
        file.write(" whole")
    assert await changed(store) == ["slow.json"]
    assert await listed(store) == ["slow.json", "whole.json"]
    await store.close()


async def test_a_link_is_as_new_as_itself(folder, inbox, tmp_path):
    (tmp_path / "old").write_text("{}")
    os.utime(tmp_path / "old", (1e9, 1e9))
    old = (tmp_path / "old").stat().st_ctime
    await asyncio.sleep(0.03)
    (inbox / "a.json").symlink_to(tmp_path / "old")
    (blob,) = [blob async for page in folder.pages("input", "") for blob in page.blobs]
    assert blob.last_modified.timestamp() > old + 0.01
    assert blob.is_doubtful
    assert await folder.read(blob) is not None


async def test_a_file_whose_mode_was_changed_or_that_got_another_name_is_doubtful(folder, inbox, tmp_path):
    for name in ("mode.json", "plain.json", "linked.json"):
        (inbox / name).write_text("{}")
    await asyncio.sleep(0.03)
    (inbox / "mode.json").chmod(0o600)
    (tmp_path / "backup").hardlink_to(inbox / "linked.json")
    found = [blob async for page in folder.pages("input", "") for blob in page.blobs]
    assert {blob.name for blob in found if blob.is_doubtful} == {"mode.json", "linked.json"}


async def test_what_was_told_has_its_real_time(folder, inbox):
    with (inbox / "slow.json").open("w") as file:
        file.write("all")
        file.flush()
        written = (inbox / "slow.json").stat().st_mtime
        await asyncio.sleep(0.03)
    (blob,) = await folder.changes("input", 5.0)
    assert blob.last_modified.timestamp() == pytest.approx(written, abs=1e-5)
    assert not blob.is_doubtful


async def test_symbolic_links_to_nowhere_are_left_out(folder, inbox):
    (inbox / "a.json").symlink_to(inbox / "missing")
    assert await listed(folder) == []


async def test_only_regular_files_are_blobs(folder, inbox):
    (inbox / "real.json").write_text("{}")
    os.mkfifo(inbox / "pipe.json")
    (inbox / "folder.json").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(inbox / "socket.json"))
    assert await changed(folder) == ["real.json"]
    assert await listed(folder) == ["real.json"]


async def test_a_pipe_in_the_place_of_a_listed_file_is_not_waited_for(folder, inbox):
    (inbox / "a.json").write_text("{}")
    (blob,) = await folder.changes("input", 5.0)
    (inbox / "a.json").unlink()
    os.mkfifo(inbox / "a.json")
    async with asyncio.timeout(2):
        assert await folder.read(blob) is None


def make(folder: Path, name: bytes) -> None:
    path = Path(os.fsdecode(os.path.join(os.fsencode(folder), name)))  # noqa: PTH118 - the name is bytes
    path.parent.mkdir(exist_ok=True)
    path.touch()


@pytest.mark.parametrize("name", [b"\xffx.json", b"a\\b.json", b"\xfe/x.json"])
async def test_names_that_no_blob_has_are_left_out_with_one_warning(folder, inbox, name, caplog):
    make(inbox, name)
    (inbox / "good.json").write_text("{}")
    while not await changed(folder):
        pass
    for _ in range(2):
        assert await listed(folder) == ["good.json"]
    assert caplog.text.count("is left out") == 1


async def test_a_name_too_long_is_of_that_blob_alone(folder):
    with pytest.raises(BlobRefused, match="File name too long"):
        await folder.write("output", "x" * 300, b"", "text/plain")


@pytest.mark.parametrize(("number", "kind"), [(errno.EACCES, BlobRefused), (errno.EIO, SourceUnavailable)])
async def test_an_unreadable_file_is_of_that_blob_alone_and_a_broken_disk_is_not(number, kind):
    def read():
        raise OSError(number, os.strerror(number))

    with pytest.raises(kind, match="could not read a"):
        await in_thread(read, "read a", one_file=_OF_THE_FILE_READ)
