"""How SBOMs get to a registry and back; tests/integration/test_signed_image.py has a real one."""

import json
from dataclasses import replace

import pytest

from packager.builders.cache import BuildCache
from packager.errors import InvalidPackageRequest
from packager.oci.archive import write_archive
from packager.oci.layout import ImageLayout
from packager.oci.manifest import OCI_INDEX, Descriptor, Index, Platform
from packager.oci.referrers import fetch_attached, referrers
from packager.sbom import MEDIA_TYPE, image_sbom
from packager.sbom_publishing import attach_sboms, image_sboms, images_of, wheels_at_hand
from tests.packager.layered import layered
from tests.packager.oci.registries import repository
from tests.support.scripted_server import Reply, scripted

THERE, GONE, MADE = Reply(), Reply(status=404), Reply(status=201)


@pytest.fixture
def layout(tmp_path) -> ImageLayout:
    return ImageLayout.create(tmp_path / "layout")


@pytest.fixture
def index(layout) -> Descriptor:
    platforms = [Platform.of(each) for each in ("linux/amd64", "linux/arm64")]
    images = [replace(layered(layout, [{}], platform=each), platform=each) for each in platforms]
    return layout.add_bytes(Index(manifests=images).to_bytes(), OCI_INDEX)


def test_each_image_of_an_index_has_its_own(layout, index):
    with scripted([THERE, THERE, MADE, GONE, MADE] * 2) as server:
        made = attach_sboms(layout, index, repository(server.address))

    images = [*images_of(layout, index)]
    puts = [json.loads(each.body) for each in server.asked if "sha256:" in each.path and each.method == "PUT"]
    assert [each["subject"]["digest"] for each in puts] == [each.digest for each in images]
    assert [each.artifact_type for each in made] == [MEDIA_TYPE] * 2


def test_it_is_found_by_the_images_digest(layout, index):
    image = next(images_of(layout, index))
    with scripted([THERE, THERE, MADE, GONE, MADE]) as server:
        attach_sboms(layout, image, repository(server.address))
    artefact, listed = server.asked[2].body, server.asked[4].body
    sbom = image_sbom(layout, image)
    with scripted([GONE, Reply(body=listed), Reply(body=artefact), Reply(body=sbom), GONE, GONE]) as server:
        there = repository(server.address)

        (found,) = referrers(there, image.digest)
        assert fetch_attached(there, found) == sbom
        assert not referrers(there, index.digest)


def test_wheels_of_a_cache(tmp_path):
    folder = tmp_path / "wheels" / ("a" * 64)
    folder.mkdir(parents=True)
    (folder / "x-1-py3-none-any.whl").touch()

    assert wheels_at_hand(tmp_path) == {"x-1-py3-none-any.whl": "a" * 64}
    assert wheels_at_hand(tmp_path / "nowhere") == {}


def test_an_image_in_a_layout_or_an_archive(layout, index, tmp_path):
    cache = BuildCache.open(tmp_path / "cache")
    layout.name(index, "m:1")
    write_archive(layout, index, "m:1", tmp_path / "m.tar")

    found = image_sboms(f"oci:{layout.folder}", cache=cache)

    assert list(found) == ["linux/amd64", "linux/arm64"]
    assert image_sboms(f"archive:{tmp_path / 'm.tar'}", cache=cache) == found


@pytest.mark.parametrize(("image", "attach"), [("docker:m", False), ("oci:m", True), ("archive:m", True)])
def test_what_is_in_no_registry_has_nothing_attached(image, attach):
    with pytest.raises(InvalidPackageRequest, match="is in no registry"):
        image_sboms(image, attach=attach)
