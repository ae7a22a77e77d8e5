import hashlib
import io
import json
import tarfile

import pytest

from packager.errors import CacheUnavailable, InvalidImage
from packager.oci.archive import read_archive, stream_archive, write_archive
from packager.oci.layout import ImageLayout
from packager.oci.manifest import canonical
from tests.packager.oci.images import ARM64, add_image, add_index, damage, tar_of


@pytest.fixture
def layout(tmp_path) -> ImageLayout:
    return ImageLayout.create(tmp_path / "layout")


@pytest.fixture
def other(tmp_path) -> ImageLayout:
    return ImageLayout.create(tmp_path / "other")


def contents(file) -> dict[str, bytes]:
    with tarfile.open(file) as tar:
        return {name: tar.extractfile(name).read() for name in tar.getnames()}


def test_an_archive_has_both_indexes_over_the_same_blobs(layout, tmp_path):
    image = add_image(layout, {"a": b"1"}, {"b": b"2"})
    write_archive(layout, image, "app:1", tmp_path / "a.tar")

    found = contents(tmp_path / "a.tar")
    (shown,) = json.loads(found["manifest.json"])
    (named,) = json.loads(found["index.json"])["manifests"]

    assert shown["RepoTags"] == ["app:1"]
    assert [hashlib.sha256(found[name]).hexdigest() for name in shown["Layers"]] == [
        name.rpartition("/")[2] for name in shown["Layers"]
    ]
    assert json.loads(found[shown["Config"]])["architecture"] == "amd64"
    assert named["digest"] == image.digest
    assert found["oci-layout"] == b'{"imageLayoutVersion":"1.0.0"}'


def test_the_same_image_gives_the_same_archive(layout, other, tmp_path):
    image = add_image(layout, {"a": b"1"})
    add_image(other, {"a": b"1"})
    write_archive(layout, image, "app:1", tmp_path / "1.tar")
    write_archive(other, image, "app:1", tmp_path / "2.tar")

    assert (tmp_path / "1.tar").read_bytes() == (tmp_path / "2.tar").read_bytes()


def test_an_archive_is_read_again(layout, other, tmp_path):
    both = add_index(layout, amd64=add_image(layout, {"a": b"1"}), arm64=add_image(layout, {"a": b"2"}, platform=ARM64))
    write_archive(layout, both, "app:1", tmp_path / "a.tar")

    assert read_archive(tmp_path / "a.tar", other, "app:1").digest == both.digest
    assert len(other.blobs_of(both)) == len(layout.blobs_of(both))
    with pytest.raises(InvalidImage, match=r"no image called 'app:2'; it holds: app:1"):
        read_archive(tmp_path / "a.tar", other, "app:2")


def test_an_engine_is_shown_one_of_several_platforms(layout, tmp_path):
    arm64 = add_image(layout, {"a": b"2"}, platform=ARM64)
    both = add_index(layout, arm64=arm64, amd64=add_image(layout, {"a": b"1"}))
    write_archive(layout, both, "app:1", tmp_path / "a.tar")

    found = contents(tmp_path / "a.tar")
    (shown,) = json.loads(found["manifest.json"])

    assert json.loads(found[shown["Config"]])["architecture"] == "amd64"


def test_a_damaged_layer_makes_no_archive(layout, tmp_path):
    image = add_image(layout, {"a": b"1"})
    damage(layout, layout.manifest(image).layers[0])

    with pytest.raises(InvalidImage, match="is not what its digest says"):
        write_archive(layout, image, "app:1", tmp_path / "a.tar")

    assert not (tmp_path / "a.tar").exists()


def test_a_damaged_archive_is_refused(layout, other, tmp_path):
    image = add_image(layout, {"a": b"1"})
    layer = layout.manifest(image).layers[0]
    blob = layout.read(layer)
    write_archive(layout, image, "app:1", tmp_path / "a.tar")
    data = (tmp_path / "a.tar").read_bytes()
    (tmp_path / "a.tar").write_bytes(data.replace(blob, blob[:-1] + bytes([blob[-1] ^ 1])))

    with pytest.raises(InvalidImage, match="is not what its digest says"):
        read_archive(tmp_path / "a.tar", other)


def test_layers_that_are_there_already_may_be_left_out(layout):
    image = add_image(layout, {"a": b"1"}, {"b": b"2"})
    known = layout.manifest(image).layers[0]
    buffer = io.BytesIO()

    stream_archive(layout, image, "app:1", buffer, [known.digest])

    buffer.seek(0)
    with tarfile.open(fileobj=buffer) as tar:
        names = tar.getnames()
    assert f"blobs/{known.digest.replace(':', '/')}" not in names
    assert len([name for name in names if name.startswith("blobs/")]) == 3


def saved(tmp_path, **changed: bytes):
    """What `docker save` of an old engine writes: layers that are not compressed, and no manifest."""
    layer = tar_of({"a": b"1"})
    config = canonical(
        {
            "architecture": "arm64",
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
        }
    )
    entry = {"Config": "c.json", "RepoTags": ["base:1"], "Layers": ["0/layer.tar"]}
    files = {"manifest.json": json.dumps([entry]).encode(), "c.json": config, "0/layer.tar": layer, **changed}
    (tmp_path / "saved.tar").write_bytes(tar_of(files))
    return tmp_path / "saved.tar"


def test_what_an_old_engine_saved_becomes_an_image(other, tmp_path):
    image = read_archive(saved(tmp_path), other, "base:1")

    manifest = other.manifest(image)
    assert other.config(manifest).platform == ARM64
    with other.open_blob(manifest.layers[0]) as blob, tarfile.open(fileobj=blob) as layer:
        assert layer.getnames() == ["a"]


def test_a_layer_that_is_not_its_images_is_refused(other, tmp_path):
    with pytest.raises(InvalidImage, match=r"0/layer\.tar in .* is not the sha256"):
        read_archive(saved(tmp_path, **{"0/layer.tar": tar_of({"a": b"2"})}), other)


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"nothing", "cannot be read as an archive"), (tar_of({"x": b""}), "has no file 'manifest.json'")],
)
def test_what_is_no_archive_is_refused(other, tmp_path, data, said):
    (tmp_path / "a.tar").write_bytes(data)

    with pytest.raises(InvalidImage, match=said):
        read_archive(tmp_path / "a.tar", other)


def test_an_archive_that_cannot_be_written_is_named_itself(tmp_path):
    layout = ImageLayout.create(tmp_path / "layout")
    image = add_image(layout, {"a": b"1"})

    with pytest.raises(CacheUnavailable, match=r"layout cannot be written: .*write the archive somewhere else\.$"):
        write_archive(layout, image, "app:1", tmp_path / "layout")
