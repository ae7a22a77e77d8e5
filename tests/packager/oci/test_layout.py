import json
from dataclasses import replace

import pytest

from packager.errors import InvalidImage
from packager.oci.layout import ImageLayout
from packager.oci.manifest import OCI_LAYER, describe
from tests.packager.oci.images import AMD64, ARM64, add_image, add_index, damage


@pytest.fixture
def layout(tmp_path) -> ImageLayout:
    return ImageLayout.create(tmp_path / "layout")


def blobs(layout):
    return sorted(path.name for path in (layout.folder / "blobs/sha256").iterdir())


def test_a_blob_comes_back_as_it_was(layout):
    blob = layout.add_bytes(b"layer", OCI_LAYER)

    assert layout.read(blob) == b"layer"
    assert layout.has(blob)
    assert ImageLayout.open(layout.folder).read(blob) == b"layer"


def test_a_tampered_blob_is_refused_by_its_digest(layout):
    blob = layout.add_bytes(b"layer", OCI_LAYER)
    damage(layout, blob)

    with pytest.raises(InvalidImage, match=f"{blob.digest} of .* is not what its digest says"):
        layout.read(blob)
    assert layout.add_bytes(b"layer", OCI_LAYER) == blob
    assert layout.read(blob) == b"layer"


def test_a_blob_of_another_size_is_refused_before_it_is_read(layout):
    blob = layout.add_bytes(b"layer", OCI_LAYER)

    with pytest.raises(InvalidImage, match="has 5 bytes instead of 6"):
        layout.verify(replace(blob, size=6))


def test_a_blob_that_is_not_there_is_named(layout):
    blob = describe(b"other", OCI_LAYER)

    assert not layout.has(blob)
    with pytest.raises(InvalidImage, match=f"has no blob {blob.digest}"):
        layout.read(blob)


def test_a_stream_is_kept_only_if_it_is_what_it_should_be(layout):
    blob = describe(b"layer", OCI_LAYER)

    with pytest.raises(InvalidImage, match="its bytes have sha256"):
        layout.add_stream([b"la", b"yes"], blob)
    assert blobs(layout) == []

    layout.add_stream([b"la", b"yer"], blob)
    assert layout.read(blob) == b"layer"


def test_a_blob_written_piece_by_piece_is_described(layout):
    with layout.incoming() as (file, writer):
        writer.write(b"la")
        writer.write(b"yer")
        made = layout.keep(file, writer, OCI_LAYER)

    assert made == describe(b"layer", OCI_LAYER)
    assert blobs(layout) == [made.digest.removeprefix("sha256:")]


def cut_short(layout):
    with layout.incoming() as (_, writer):
        writer.write(b"la")
        raise RuntimeError("cut short")


def test_a_blob_that_was_cut_short_leaves_nothing(layout):
    with pytest.raises(RuntimeError, match="cut short"):
        cut_short(layout)

    assert blobs(layout) == []


def test_a_name_means_one_image(layout):
    first, second = add_image(layout, {"a": b"1"}), add_image(layout, {"a": b"2"})
    layout.name(first, "app:1")
    layout.name(second, "app:2")
    assert layout.find("app:1").digest == first.digest
    with pytest.raises(InvalidImage, match=r"2 images, and none was named; it holds: app:1, app:2"):
        layout.find()

    layout.name(second, "app:1")
    assert layout.find("app:1").digest == second.digest

    layout.forget(["app:1"])
    assert layout.find().digest == second.digest
    with pytest.raises(InvalidImage, match=r"no image called 'app:1'; it holds: app:2"):
        layout.find("app:1")


def test_an_index_leads_to_the_platform(layout):
    amd64, arm64 = add_image(layout, {"a": b"1"}), add_image(layout, {"a": b"2"}, platform=ARM64)
    both = add_index(layout, amd64=amd64, arm64=arm64)

    assert layout.for_platform(both, ARM64).digest == arm64.digest
    assert layout.for_platform(amd64, AMD64) == amd64
    with pytest.raises(InvalidImage, match="is for linux/amd64, not for linux/arm64"):
        layout.for_platform(amd64, ARM64)


def test_an_index_that_says_more_than_its_image_is_refused(layout):
    wrong = add_index(layout, arm64=add_image(layout, {"a": b"1"}))

    with pytest.raises(InvalidImage, match="is for linux/amd64, not for linux/arm64"):
        layout.for_platform(wrong, ARM64)


def test_an_image_is_taken_with_all_its_blobs(layout, tmp_path):
    both = add_index(layout, amd64=add_image(layout, {"a": b"1"}, {"b": b"2"}))

    other = ImageLayout.create(tmp_path / "other")
    other.take(layout, both)

    assert blobs(other) == blobs(layout)
    assert len(layout.blobs_of(both)) == len(blobs(layout))


def test_an_image_is_whole_or_not(layout):
    image = add_image(layout, {"a": b"1"})
    assert layout.is_whole(image)

    layout.path(layout.manifest(image).layers[0].digest).unlink()
    assert not layout.is_whole(image)

    damage(layout, image)
    assert not layout.is_whole(image)


def test_a_damaged_layer_is_not_taken(layout, tmp_path):
    image = add_image(layout, {"a": b"1"})
    damage(layout, layout.manifest(image).layers[0])

    with pytest.raises(InvalidImage, match="is not what its digest says"):
        ImageLayout.create(tmp_path / "other").take(layout, image)


def test_what_is_no_layout_is_refused(tmp_path):
    with pytest.raises(InvalidImage, match="is no OCI image layout"):
        ImageLayout.open(tmp_path)

    (tmp_path / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "9.0"}))
    with pytest.raises(InvalidImage, match=r"version '9\.0'"):
        ImageLayout.open(tmp_path)


def test_an_index_that_is_damaged_is_named(layout):
    (layout.folder / "index.json").write_text("half")

    with pytest.raises(InvalidImage, match=r"index\.json is no JSON"):
        layout.index()
