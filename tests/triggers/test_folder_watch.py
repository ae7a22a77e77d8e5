"""triggers.folder_watch; what it means for an account is tested in test_local_folder.py"""

import asyncio
import os

import pytest

from triggers.folder_watch import FolderWatch, was_moved


@pytest.fixture
async def watch(tmp_path):
    (tmp_path / "watched").mkdir()
    watch = FolderWatch(tmp_path / "watched")
    yield watch
    await watch.close()


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
        assert watch.is_unfinished(path)
    assert await watch.finished(5.0) == {path}
    assert not watch.is_unfinished(path)


async def test_a_change_of_mode_does_not_make_it_unfinished(watch, tmp_path):
    path = tmp_path / "watched" / "a.json"
    path.write_text("{}")
    assert await watch.finished(5.0) == {path}
    await asyncio.sleep(0.02)
    path.chmod(0o600)
    await asyncio.sleep(0.02)
    assert not watch.is_unfinished(path)


async def test_a_deleted_file_is_forgotten(watch, tmp_path):
    path = tmp_path / "watched" / "a.json"
    with path.open("w") as file:
        file.write("half")
        file.flush()
        await watch.finished(0.03)
        path.unlink()
        await watch.finished(0.03)
        assert not watch.is_unfinished(path)


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
        assert not watch.is_unfinished(path)


async def test_a_made_but_never_closed_file_counts_after_a_while(watch, tmp_path, monkeypatch):
    monkeypatch.setattr("triggers.folder_watch._MADE", 0.01)
    with (tmp_path / "watched" / "a.json").open("w"):
        assert await watch.finished(5.0) == {tmp_path / "watched" / "a.json"}


def test_moving_and_writing_are_told_apart(tmp_path):
    path = tmp_path / "a"
    path.write_text("x")
    assert not was_moved(path)
    os.utime(path, (1e9, 1e9))
    assert was_moved(path)
    assert not was_moved(tmp_path / "missing")
