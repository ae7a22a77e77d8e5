import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from packager.builders.cache_pruning import prune
from packager.builders.layers import Entry, write_layer
from packager.errors import CacheUnavailable
from packager.files import locked
from tests.packager.builders.bases import cache_in
from tests.packager.oci.images import add_image, damage


@pytest.fixture
def cache(tmp_path):
    return cache_in(tmp_path)


CHILD = """
import resource, sys
from pathlib import Path
from packager.builders.cache import BuildCache
from packager.builders.layers import Entry, write_layer
from packager.errors import CacheUnavailable
cache = BuildCache.open(Path(sys.argv[1]))
limit = int(sys.argv[3])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    cache.layer("key", lambda: write_layer([Entry(path="a", source=Path(sys.argv[2]))], cache.layout))
except CacheUnavailable as error:
    sys.exit(str(error))
"""


def child(cache, source, limit=0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, str(cache.folder), str(source), str(limit)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def unfinished(cache) -> list[Path]:
    return list((cache.layout.folder / "blobs/sha256").glob(".incoming-*"))


class Maker:
    """Makes one layer, and counts."""

    def __init__(self, cache, data=b"x") -> None:
        self.cache = cache
        self.data = data
        self.made = 0

    def __call__(self):
        self.made += 1
        return write_layer([Entry(path="a", data=self.data)], self.cache.layout)


def test_a_layer_is_made_once(cache):
    make = Maker(cache)

    assert cache.layer("key", make) == cache.layer("key", make)
    assert make.made == 1


def test_two_builds_at_once_make_it_once(cache):
    make = Maker(cache)

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: cache.layer("key", make).diff_id, range(8)))

    assert len(found) == 1
    assert make.made == 1


def test_a_damaged_layer_is_noticed_and_made_again(cache):
    make = Maker(cache)
    layer = cache.layer("key", make)
    damage(cache.layout, layer.descriptor)

    assert cache.layer("key", make) == layer
    assert make.made == 2
    cache.layout.verify(layer.descriptor)


def test_a_layer_whose_file_was_only_touched_is_not_made_again(cache):
    make = Maker(cache)
    layer = cache.layer("key", make)
    cache.layout.path(layer.descriptor.digest).touch()

    assert cache.layer("key", make) == layer
    assert make.made == 1


def test_a_layer_that_is_gone_is_made_again(cache):
    make = Maker(cache)
    cache.layout.path(cache.layer("key", make).descriptor.digest).unlink()

    cache.layer("key", make)

    assert make.made == 2


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"descriptor": {}}'])
def test_a_damaged_record_is_as_good_as_none(cache, text):
    make = Maker(cache)
    cache.layer("key", make)
    (cache.folder / "layers" / "key.json").write_text(text)

    cache.layer("key", make)

    assert make.made == 2


def test_a_build_that_was_cut_short_leaves_the_cache_sound(cache):
    def fails():
        raise RuntimeError("cut short")

    with pytest.raises(RuntimeError, match="cut short"):
        cache.layer("key", fails)

    make = Maker(cache)
    cache.layer("key", make)
    assert make.made == 1


@pytest.mark.process
def test_a_build_that_was_killed_leaves_the_cache_sound(cache, tmp_path):
    with (tmp_path / "model").open("wb") as model:
        model.truncate(4_000_000_000)
    process = child(cache, tmp_path / "model")
    deadline = time.monotonic() + 30
    while not unfinished(cache) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert unfinished(cache)

    make = Maker(cache)
    cache.layer("key", make)

    assert make.made == 1
    prune(cache)
    assert unfinished(cache) == []


@pytest.mark.process
def test_a_disk_that_fills_up_is_told_and_leaves_nothing_half(cache, tmp_path):
    (tmp_path / "model").write_bytes(os.urandom(1_000_000))

    _, said = child(cache, tmp_path / "model", limit=100_000).communicate()

    assert "cannot be written: File too large. Make room ('packager cache prune')" in said
    assert list((cache.layout.folder / "blobs/sha256").iterdir()) == []
    assert cache.record("layers", "key") is None


def test_records_come_back(cache):
    cache.keep("kind", "key", {"a": 1})

    assert cache.record("kind", "key") == {"a": 1}
    assert cache.record("kind", "other") is None


def test_a_wheel_moves_in(cache):
    file = cache.workshop() / "a-1-py3-none-any.whl"
    file.write_bytes(b"wheel")

    kept = cache.keep_wheel(file, "0" * 64)

    assert kept == cache.wheel("0" * 64, "a-1-py3-none-any.whl")
    assert kept.read_bytes() == b"wheel"
    assert not file.exists()


def test_builds_share_the_cache(cache):
    with cache.in_use(), locked(cache.folder / "in-use.lock", shared=True):
        assert json.loads((cache.layout.folder / "oci-layout").read_text())


def test_an_image_that_is_named_was_used_now(cache):
    image = add_image(cache.layout, {"a": b"1"})
    cache.name(image, "app:1")

    assert cache.layout.find("app:1").digest == image.digest


def test_a_cache_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "cache").write_bytes(b"")

    with pytest.raises(CacheUnavailable, match=r"cache/images.* cannot be written"):
        cache_in(tmp_path)
