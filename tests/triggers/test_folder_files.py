"""triggers.folder_files"""

import io
import threading

import pytest

from triggers.errors import BlobRefused, SourceUnavailable
from triggers.folder_files import (
    KEPT_OF_A_LONG_NAME,
    STAGING,
    flat_name,
    in_thread,
    is_being_written,
    locked,
    new_file,
    put_file,
)


def staged(root) -> list[str]:
    return [path.name for path in (root / STAGING).iterdir()]


@pytest.mark.parametrize("data", [b"text", io.BytesIO(b"text")])
def test_a_file_is_put_in_place_of_another_and_leaves_nothing_behind(tmp_path, data):
    path = tmp_path / "a" / "b.txt"
    put_file(tmp_path, path, b"an earlier, longer one")
    if not isinstance(data, bytes):
        data.read()
    put_file(tmp_path, path, data)
    assert path.read_bytes() == b"text"
    assert staged(tmp_path) == []


def test_a_file_that_cannot_be_put_leaves_nothing_behind(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        put_file(tmp_path, tmp_path / "folder", b"x")
    assert staged(tmp_path) == []


def test_of_two_new_files_the_first_stays(tmp_path):
    path = tmp_path / "a" / "b.txt"
    assert new_file(tmp_path, path, b"first")
    assert not new_file(tmp_path, path, b"second")
    assert path.read_bytes() == b"first"
    assert staged(tmp_path) == []


def test_a_lock_keeps_other_threads_out(tmp_path):
    entered = threading.Event()

    def other() -> None:
        with locked(tmp_path, tmp_path / "a"):
            entered.set()

    thread = threading.Thread(target=other)
    with locked(tmp_path, tmp_path / "a"):
        thread.start()
        assert not entered.wait(0.03)
    thread.join(3)
    assert entered.is_set()


@pytest.mark.parametrize("name", ["a/../../b", "ü/%2F", "x" * 1024, "..", "/"])
def test_a_flat_name_is_one_file_name(name, tmp_path):
    flat = flat_name(name)
    assert "/" not in flat
    (tmp_path / f"{flat}.json").write_text("")
    assert len(list(tmp_path.iterdir())) == 1


def test_flat_names_differ_and_keep_their_beginning():
    names = ["a/b", "a%2Fb", "x" * 300, "x" * 301]
    assert len({flat_name(name) for name in names}) == 4
    assert flat_name("x" * 300).startswith("x" * KEPT_OF_A_LONG_NAME)


async def test_what_the_file_system_refuses_is_told_as_an_outage_or_as_one_files_fault(tmp_path):
    def work() -> str:
        return (tmp_path / "missing").read_text()

    with pytest.raises(SourceUnavailable, match=r"could not read it: .*No such file"):
        await in_thread(work, "read it")
    with pytest.raises(BlobRefused):
        await in_thread(work, "read it", one_file={2})


def test_an_open_file_is_being_written_only_while_it_is_open_for_writing(tmp_path):
    path = tmp_path / "a"
    with path.open("w"):
        assert is_being_written(str(path))
    assert not is_being_written(str(path))
    with path.open():
        assert not is_being_written(str(path))
    with path.open("a"):
        assert is_being_written(str(path))
    assert not is_being_written(str(tmp_path / "missing"))


def test_a_writer_who_comes_while_it_is_asked_does_no_harm(tmp_path):
    path = tmp_path / "a"
    path.touch()

    def write():
        for _ in range(2000):
            path.open("a").close()

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        is_being_written(str(path))
    assert not is_being_written(str(path))


async def test_a_name_that_no_file_can_have_is_refused_alone(tmp_path):
    for name in ("a\0b", "half \ud800"):
        with pytest.raises(BlobRefused):
            await in_thread((tmp_path / name).read_bytes, "read a file")
