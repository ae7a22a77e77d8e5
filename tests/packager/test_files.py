import os
from pathlib import Path

import pytest

from packager.errors import CacheUnavailable
from packager.files import incoming_file, locked, write_whole


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole(tmp_path):
    write_whole(tmp_path / "deeper" / "a", b"new")

    assert (tmp_path / "deeper" / "a").read_bytes() == b"new"
    assert names(tmp_path / "deeper") == ["a"]


def cut_short(folder):
    with incoming_file(folder) as incoming:
        incoming.write(b"half")
        raise RuntimeError("cut short")


def on_a_full_disk(folder):
    """/dev/full takes what is written, and refuses it when the buffer goes out."""
    with incoming_file(folder) as incoming, Path("/dev/full").open("wb") as full:
        os.dup2(full.fileno(), incoming._stream.fileno())
        incoming.write(b"x")
        incoming.keep_as(folder / "a")


def test_what_was_there_stays_until_the_new_is_whole(tmp_path):
    write_whole(tmp_path / "a", b"old")

    with pytest.raises(RuntimeError, match="cut short"):
        cut_short(tmp_path)

    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_a_full_disk_is_named_and_leaves_nothing_half(tmp_path):
    with pytest.raises(CacheUnavailable, match=r"No space left on device\. Make room"):
        on_a_full_disk(tmp_path)

    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_named_with_the_way_out(tmp_path):
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(CacheUnavailable, match=r"file/below cannot be written: .*packager cache prune"):
        write_whole(tmp_path / "file" / "below" / "a", b"")


def test_an_error_of_the_block_keeps_its_own_name(tmp_path):
    """A source that cannot be read is no full disk."""
    with pytest.raises(ConnectionResetError), incoming_file(tmp_path):
        raise ConnectionResetError


def test_shared_locks_do_not_wait_for_each_other(tmp_path):
    with locked(tmp_path / "l", shared=True), locked(tmp_path / "l", shared=True):
        assert (tmp_path / "l").is_file()
