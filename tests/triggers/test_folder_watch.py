"""triggers.folder_watch; what it means for an account is tested in test_local_folder.py"""

import asyncio
import os
import time

import pytest

from triggers.folder_watch import FolderWatch, was_moved


@pytest.fixture
async def watch(tmp_path):
    (tmp_path / "watched").mkdir()
    watch = FolderWatch(tmp_path / "watched")
    yield watch
    await watch.close()


async def until(is_so):
    for _ in range(300):
        if is_so():
            return
        await asyncio.sleep(0.01)
    pytest.fail("It did not come to be so within three seconds.")


async def test_several_files_are_told_together_and_once(watch, tmp_path):
    paths = {tmp_path / "watched" / f"{number}.json" for number in range(3)}
    for path in paths:
        path.write_text("{}")
    told = set()
    while told < paths:
        found = await watch.finished(5.0)
        assert not found & told
        told |= found
    assert await watch.finished(0.0) == set()


async def test_an_open_file_is_unfinished_until_it_is_closed(watch, tmp_path):
    path = tmp_path / "watched" / "a.json"
    with path.open("w") as file:
        file.write("half")
        file.flush()
        assert await watch.finished(0.04) == set()
        assert watch.is_unfinished(str(path), time.time())
    assert await watch.finished(5.0) == {path}
    assert not watch.is_unfinished(str(path), time.time())


async def test_a_change_of_mode_does_not_make_it_unfinished(watch, tmp_path):
    path = tmp_path / "watched" / "a.json"
    path.write_text("{}")
    assert await watch.finished(5.0) == {path}
    await asyncio.sleep(0.02)
    path.chmod(0o600)
    await asyncio.sleep(0.02)
    assert not watch.is_unfinished(str(path), time.time())


async def test_a_deleted_file_is_forgotten(watch, tmp_path):
    path = tmp_path / "watched" / "a.json"
    with path.open("w") as file:
        file.write("half")
        file.flush()
        await watch.finished(0.03)
        path.unlink()
        await watch.finished(0.03)
        assert not watch.is_unfinished(str(path), time.time())


async def test_a_file_moved_in_right_after_it_was_written_is_told_at_once(watch, tmp_path):
    for number in range(5):
        (tmp_path / "x").write_text("{}")
        (tmp_path / "x").rename(tmp_path / "watched" / f"{number}.json")
        assert await watch.finished(0.9) == {tmp_path / "watched" / f"{number}.json"}


async def test_a_file_moved_away_is_forgotten(watch, tmp_path, monkeypatch):
    path = tmp_path / "watched" / "a.json"
    with path.open("w") as file:
        file.write("half")
        file.flush()
        await watch.finished(0.03)
        path.rename(tmp_path / "watched" / "b.json")
        assert await watch.finished(5.0) == {tmp_path / "watched" / "b.json"}
        assert not watch.is_unfinished(str(path), time.time())


async def test_a_made_but_never_closed_file_counts_after_a_while(watch, tmp_path, monkeypatch):
    monkeypatch.setattr("triggers.folder_watch._MADE", 0.01)
    with (tmp_path / "watched" / "a.json").open("w"):
        assert await watch.finished(5.0) == {tmp_path / "watched" / "a.json"}


async def test_a_file_whose_writer_is_silent_counts_after_a_while(watch, tmp_path, monkeypatch):
    monkeypatch.setattr("triggers.folder_watch._WRITTEN", 0.02)
    path = tmp_path / "watched" / "a.json"
    with path.open("w") as file:
        file.write("half")
        file.flush()
        assert await watch.finished(5.0) == {path}


async def test_what_is_over_is_not_unfinished_though_nobody_asks_what_was_finished(watch, tmp_path):
    path = tmp_path / "watched" / "a.json"
    path.write_text("{}")
    with (tmp_path / "watched" / "later.json").open("w"):
        await until(lambda: watch.is_unfinished(str(tmp_path / "watched" / "later.json"), time.time()))
    await until(lambda: not watch.is_unfinished(str(path), time.time()))


async def test_an_open_file_that_was_last_written_before_the_watch_is_unfinished(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    with path.open("w") as file:
        file.write("half")
        file.flush()
        watch = FolderWatch(tmp_path)
        try:
            modified = path.stat().st_mtime
            assert watch.is_unfinished(str(path), modified)
            file.close()
            assert await watch.finished(5.0) == {path}
            assert not watch.is_unfinished(str(path), modified)
        finally:
            await watch.close()


async def test_one_whose_writer_was_silent_for_long_before_the_watch_is_finished(tmp_path):
    path = tmp_path / "a.json"
    with path.open("w"):
        watch = FolderWatch(tmp_path)
        try:
            assert not watch.is_unfinished(str(path), time.time() - 61)
        finally:
            await watch.close()


async def test_what_nobody_asks_for_is_not_kept_without_bound(tmp_path, monkeypatch):
    monkeypatch.setattr("triggers.folder_watch._CLOSED", 0.0)
    watch = FolderWatch(tmp_path, most_kept=20)
    try:
        with (tmp_path / "open").open("w") as first:
            print("half", file=first, flush=True)
            for number in range(100):
                (tmp_path / f"{number}.json").write_text("{}")
            with (tmp_path / "last").open("w"):
                await until(lambda: watch.is_unfinished(str(tmp_path / "last"), time.time()))
                assert 0 < len(await watch.finished(0.0)) <= 20
                assert watch.is_unfinished(str(tmp_path / "open"), time.time())
    finally:
        await watch.close()


def test_moving_and_writing_are_told_apart(tmp_path):
    path = tmp_path / "a"
    path.write_text("x")
    assert not was_moved(path)
    os.utime(path, (1e9, 1e9))
    assert was_moved(path)
    assert not was_moved(tmp_path / "missing")
