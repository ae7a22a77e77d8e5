import os
import time

import pytest

from packager.builders.cache_pruning import cache_use, prune, sweep
from packager.builders.layers import Entry, write_layer
from tests.packager.builders.bases import cache_in
from tests.packager.oci.images import add_image, damage


@pytest.fixture
def cache(tmp_path):
    return cache_in(tmp_path)


def layer(cache, key, data):
    return cache.layer(key, lambda: write_layer([Entry(path="a", data=data)], cache.layout))


def age(file, days):
    then = time.time() - days * 86_400
    os.utime(file, (then, then))


def test_what_was_used_lately_stays(cache):
    young = layer(cache, "young", b"1")
    old = layer(cache, "old", b"2")
    age(cache.folder / "layers" / "old.json", 31)

    freed = prune(cache)

    assert cache.layout.has(young.descriptor)
    assert not cache.layout.has(old.descriptor)
    assert freed.count == 2
    assert freed.size > old.descriptor.size


def test_images_keep_their_blobs_for_as_long_as_they_have_a_name(cache):
    kept, gone = add_image(cache.layout, {"a": b"1"}), add_image(cache.layout, {"a": b"2"})
    cache.name(kept, "app:1")
    cache.name(gone, "app:2")
    age(cache.layout.path(gone.digest), 31)

    prune(cache)

    assert all(cache.layout.has(each) for each in cache.layout.blobs_of(kept))
    assert [each.digest for each in cache.layout.index().manifests] == [kept.digest]
    assert len(list((cache.layout.folder / "blobs/sha256").iterdir())) == 3


def test_bases_stay_with_what_was_read_of_them(cache):
    base = add_image(cache.layout, {"a": b"1"})
    cache.keep("base-facts", base.digest.removeprefix("sha256:"), {"python": "/usr/bin/python3"})
    cache.keep("debian-bases", "bookworm-arm64", add_image(cache.layout, {"a": b"2"}).document())

    prune(cache)

    assert len(list((cache.layout.folder / "blobs/sha256").iterdir())) == 6


def test_wheels_stay_for_as_long_as_a_set_names_them(cache):
    for sha256 in ("a" * 64, "b" * 64):
        (cache.workshop() / "w.whl").write_bytes(b"wheel")
        cache.keep_wheel(cache.workshop() / "w.whl", sha256)
    cache.keep("wheel-sets", "set", {"w.whl": "a" * 64})

    prune(cache)

    assert [path.name for path in (cache.folder / "wheels").iterdir()] == ["a" * 64]


def test_everything_goes_when_asked(cache):
    image = add_image(cache.layout, {"a": b"1"})
    cache.name(image, "app:1")
    layer(cache, "key", b"1")
    (cache.workshop() / "left").write_bytes(b"over")
    time.sleep(0.01)

    prune(cache, days=0)

    assert {each.kind: each.count for each in cache_use(cache)} == {
        "images": 3,
        "wheels": 0,
        "records": 0,
        "unfinished": 0,
    }
    assert layer(cache, "key", b"1").size == 1


def test_a_damaged_image_does_not_stop_it(cache):
    image = add_image(cache.layout, {"a": b"1"})
    cache.name(image, "app:1")
    damage(cache.layout, image)

    prune(cache)

    assert not cache.layout.has(image)


def test_sizes_are_by_kind(cache):
    layer(cache, "key", b"1")

    found = {each.kind: each for each in cache_use(cache)}

    assert found["images"].size > 0
    assert found["records"].count == 2


def test_looking_is_not_using(cache):
    layer(cache, "key", b"1")
    cache.keep("wheel-sets", "set", {})
    cache.keep("debian-bases", "bookworm-arm64", add_image(cache.layout, {"a": b"2"}).document())
    records = [cache.folder / name for name in ("layers/key.json", "wheel-sets/set.json")]
    records.append(cache.folder / "debian-bases/bookworm-arm64.json")
    for record in records:
        age(record, 20)
    before = [record.stat().st_mtime for record in records]

    prune(cache)

    assert [record.stat().st_mtime for record in records] == before


def test_what_was_left_unfinished_is_counted(cache):
    (cache.workshop() / "left").write_bytes(b"over")
    (cache.workshop() / "also").write_bytes(b"over")

    freed = prune(cache)

    assert (freed.count, freed.size) == (2, 8)


def test_leftovers_of_killed_builds_go_after_a_day(cache):
    blobs = cache.layout.folder / "blobs/sha256"
    for file in (blobs / ".incoming-old", blobs / ".incoming-new"):
        file.write_bytes(b"x")
    for folder in ("layer-old", "layer-new"):
        (cache.workshop() / folder).mkdir()
        (cache.workshop() / folder / "file").write_bytes(b"x")
    for left in (blobs / ".incoming-old", cache.workshop() / "layer-old"):
        age(left, 1.1)

    sweep(cache)

    assert [path.name for path in cache.workshop().iterdir()] == ["layer-new"]
    assert [path.name for path in blobs.iterdir()] == [".incoming-new"]
