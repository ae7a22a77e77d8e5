import gzip
import os
import random
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.builders.layers import Entry, folder_entries, write_layer
from packager.errors import BuildFailed
from packager.oci.layout import ImageLayout

names = st.text("abcdé日 .-_", min_size=1, max_size=6).filter(lambda name: name.strip("."))
paths = st.lists(names, min_size=1, max_size=4).map("/".join)


@pytest.fixture(scope="module")
def layout(tmp_path_factory) -> ImageLayout:
    return ImageLayout.create(tmp_path_factory.mktemp("layers"))


def members(layout, layer) -> dict[str, tarfile.TarInfo]:
    with layout.open_blob(layer.descriptor) as blob, tarfile.open(fileobj=blob) as tar:
        return {member.name: member for member in tar}


@given(st.dictionaries(paths, st.binary(max_size=20), min_size=1, max_size=8), st.randoms())
def test_any_order_of_files_gives_the_same_digest(layout, files, order):
    # A path that is another one's folder cannot be a file.
    clear = {path for path in files if not any(other.startswith(f"{path}/") for other in files)}
    entries = [Entry(path=path, data=files[path]) for path in sorted(clear)]
    shuffled = random.Random(order.random()).sample(entries, len(entries))

    assert write_layer(shuffled, layout) == write_layer(entries, layout)


def test_owners_times_and_odd_permissions_do_not_count(layout, tmp_path):
    for name, mode in (("1", 0o600), ("2", 0o664)):
        folder = tmp_path / name
        folder.mkdir(mode=0o700)
        (folder / "file").write_bytes(b"x")
        (folder / "file").chmod(mode)
        (folder / "program").write_bytes(b"x")
        (folder / "program").chmod(mode | 0o100)
    os.utime(tmp_path / "1" / "file", (1, 1))

    first = write_layer(folder_entries(tmp_path / "1", "app"), layout)

    assert write_layer(folder_entries(tmp_path / "2", "app"), layout) == first
    found = members(layout, first)
    assert {name: member.mode for name, member in found.items()} == {
        "app": 0o755,
        "app/file": 0o644,
        "app/program": 0o755,
    }
    assert {(member.uid, member.gid, member.mtime) for member in found.values()} == {(0, 0, 1_577_836_800)}


def test_the_time_may_be_given(layout, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")

    assert members(layout, write_layer([Entry(path="a")], layout))["a"].mtime == 1_700_000_000


def test_links_stay_links_and_long_names_stay_whole(layout, tmp_path):
    long = "é" * 120
    (tmp_path / "source" / "folder").mkdir(parents=True)
    (tmp_path / "source" / long).write_bytes(b"x")
    (tmp_path / "source" / "link").symlink_to("folder")
    (tmp_path / "source" / "broken").symlink_to("nowhere")

    found = members(layout, write_layer(folder_entries(tmp_path / "source", "a/b"), layout))

    assert found["a/b/link"].linkname == "folder"
    assert found["a/b/broken"].issym()
    assert found[f"a/b/{long}"].size == 1
    assert found["a"].isdir()
    assert found["a/b/folder"].isdir()


def test_a_file_that_is_mostly_nothing_becomes_small(layout, tmp_path):
    size = 50_000_000
    with (tmp_path / "model").open("wb") as file:
        file.truncate(size)

    layer = write_layer([Entry(path="model", source=tmp_path / "model")], layout)

    assert layer.size == size
    assert layer.descriptor.size < size / 500
    assert layer.diff_id != layer.descriptor.digest


def test_of_two_entries_with_one_path_the_later_counts(layout):
    layer = write_layer([Entry(path="a", data=b"1"), Entry(path="a", link="b"), Entry(path="t", mode=0o1777)], layout)

    found = members(layout, layer)
    assert found["a"].issym()
    assert found["t"].mode == 0o1777


def test_what_stays_is_left_where_it_is(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(b"")
    (tmp_path / "b").write_bytes(b"")

    found = folder_entries(tmp_path, "", lambda path: path.name == "in")

    assert [entry.path for entry in found] == ["b"]


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(BuildFailed, match="pipe cannot be put into the image: it is neither"):
        list(folder_entries(tmp_path, ""))


def test_the_compressed_layer_is_plain_gzip_of_its_tar(layout):
    layer = write_layer([Entry(path="a", data=b"x")], layout)

    assert gzip.decompress(layout.read(layer.descriptor))[257:262] == b"ustar"
