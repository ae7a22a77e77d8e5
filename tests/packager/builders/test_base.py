import pytest

from packager.builders.base import ArchiveSource, Base, LayoutSource, check_python, fetch_base
from packager.builders.base_facts import BaseFacts
from packager.errors import BuildFailed, InvalidImage
from packager.oci.archive import write_archive
from packager.oci.layout import ImageLayout
from packager.oci.manifest import OCI_MANIFEST, describe
from tests.packager.builders.bases import KnownBases, add_base, cache_in
from tests.packager.oci.images import AMD64, ARM64, add_image, add_index, damage


@pytest.fixture
def cache(tmp_path):
    return cache_in(tmp_path)


@pytest.fixture
def layout(tmp_path) -> ImageLayout:
    return ImageLayout.create(tmp_path / "bases")


def fetch(cache, image, platform=AMD64, **sources):
    return fetch_base(image, platform, cache, {"oci": LayoutSource(), "archive": ArchiveSource(), **sources})


def test_a_layout_gives_its_image_for_the_platform(cache, layout):
    amd64, arm64 = add_base(layout), add_base(layout, platform=ARM64)
    layout.name(add_index(layout, amd64=amd64, arm64=arm64), "base:1")

    base = fetch(cache, f"oci:{layout.folder}:base:1", ARM64)

    assert base.manifest.digest == arm64.digest
    assert base.name == "oci:bases:base:1"
    assert base.facts.python_version == "3.11"
    assert not cache.layout.has(amd64)


def test_a_base_of_the_wrong_architecture_is_refused_naming_both(cache, layout):
    layout.name(add_base(layout), "base:1")

    with pytest.raises(InvalidImage, match="is for linux/amd64, not for linux/arm64"):
        fetch(cache, f"oci:{layout.folder}", ARM64)


def test_an_archive_gives_its_image(cache, layout, tmp_path):
    base = add_base(layout)
    write_archive(layout, base, "base:1", tmp_path / "base.tar")

    found = fetch(cache, f"archive:{tmp_path / 'base.tar'}")

    assert found.manifest.digest == base.digest
    assert found.name == "archive:base.tar"
    with pytest.raises(InvalidImage, match="There is no archive of images at"):
        fetch(cache, "archive:nowhere.tar")


def test_a_tampered_base_is_refused(cache, layout):
    base = add_base(layout)
    layout.name(base, "base:1")
    damage(layout, layout.manifest(base).layers[0])

    with pytest.raises(InvalidImage, match="is not what its digest says"):
        fetch(cache, f"oci:{layout.folder}")


def test_any_other_name_is_for_a_registry(cache):
    known = KnownBases()

    base = fetch(cache, "registry.example:5000/python:3.11", **{"": known})

    assert known.asked == ["registry.example:5000/python:3.11 linux/amd64"]
    assert base.name == "registry.example:5000/python:3.11"
    with pytest.raises(BuildFailed, match="which this builder cannot ask"):
        fetch(cache, "python:3.11")


def test_what_was_read_of_a_base_is_kept(cache):
    base = fetch(cache, "base:1", **{"": KnownBases()})
    cache.layout.path(cache.layout.manifest(base.manifest).layers[0].digest).write_bytes(b"not looked at")

    assert fetch(cache, "base:1", **{"": KnownBases()}).facts == base.facts


def test_another_python_is_refused_with_both_versions(cache):
    base = fetch(cache, "base:1", **{"": KnownBases()})

    check_python(base, "3.11")
    with pytest.raises(BuildFailed, match=r"The base image has Python 3\.11, the environment asks for 3\.12"):
        check_python(base, "3.12")


def test_a_base_without_python_is_refused(cache, layout):
    layout.name(add_image(layout, {"etc/hosts": b""}), "base:1")

    with pytest.raises(BuildFailed, match=r"oci:bases has no python3 on its PATH"):
        check_python(fetch(cache, f"oci:{layout.folder}"), "3.11")


def test_a_source_without_a_name_is_refused(tmp_path):
    with pytest.raises(InvalidImage, match="'oci:' names nothing after the ':'"):
        fetch_base("oci:", AMD64, cache_in(tmp_path), {"oci": LayoutSource()})


def test_a_python_whose_version_cannot_be_told_is_named():
    base = Base(name="b:1", manifest=describe(b"m", OCI_MANIFEST), facts=BaseFacts(python="/usr/bin/python3"))

    with pytest.raises(BuildFailed, match="has /usr/bin/python3, whose version cannot be told"):
        check_python(base, "3.11")
