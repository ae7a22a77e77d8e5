import pytest

from packager.builders.base_registry import RegistryBase
from packager.errors import InvalidImage, InvalidPackageRequest, NotInRegistry, RegistryUnreachable
from packager.oci.layout import ImageLayout
from packager.oci.manifest import OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, ImageConfig, Manifest, Platform
from tests.packager.oci.registries import access
from tests.support.scripted_server import Reply, scripted

AMD64 = Platform.of("linux/amd64")
SOURCE = RegistryBase(access=access())


@pytest.fixture
def base(tmp_path):
    """The base's manifest, and the registry's answers."""
    layout = ImageLayout.create(tmp_path / "source")
    layer = layout.add_bytes(b"layer", OCI_LAYER)
    config = layout.add_bytes(ImageConfig(platform=AMD64, diff_ids=(layer.digest,)).to_bytes(), OCI_CONFIG)
    manifest = layout.add_bytes(Manifest(config=config, layers=(layer,)).to_bytes(), OCI_MANIFEST)
    blobs = {f"/v2/base/blobs/{each.digest}": Reply(body=layout.read(each)) for each in (config, layer)}
    names = ("slim", manifest.digest)
    return manifest, {**blobs, **{f"/v2/base/manifests/{name}": Reply(body=layout.read(manifest)) for name in names}}


def test_a_base_is_fetched_by_tag_and_then_found_by_digest_without_asking(base, tmp_path):
    manifest, answers = base
    into = ImageLayout.create(tmp_path / "into")
    with scripted(answers) as server:
        assert SOURCE.fetch(f"{server.address}/base:slim", AMD64, into) == manifest
        asked = len(server.asked)
        assert SOURCE.fetch(f"{server.address}/base@{manifest.digest}", AMD64, into) == manifest

    assert asked == len(server.asked)
    assert all(into.has(each) for each in into.blobs_of(manifest))


def test_a_base_of_another_architecture_is_refused(base, tmp_path):
    with scripted(base[1]) as server, pytest.raises(InvalidImage, match="is for linux/amd64, not for linux/arm64"):
        SOURCE.fetch(f"{server.address}/base:slim", Platform.of("linux/arm64"), ImageLayout.create(tmp_path / "into"))


def test_a_base_that_is_not_there_is_named(base, tmp_path):
    with scripted(base[1]) as server, pytest.raises(NotInRegistry, match="base:fat"):
        SOURCE.fetch(f"{server.address}/base:fat", AMD64, ImageLayout.create(tmp_path / "into"))


def test_what_is_no_name_is_refused(tmp_path):
    with pytest.raises(InvalidPackageRequest, match="is not an image name"):
        SOURCE.fetch("No Name", AMD64, ImageLayout.create(tmp_path / "into"))


def test_a_registry_that_is_not_there_leaves_other_bases(tmp_path):
    with pytest.raises(RegistryUnreachable, match=r"127\.0\.0\.1:1 .*debian-packages:bookworm.*docker:NAME"):
        SOURCE.fetch("127.0.0.1:1/base:slim", AMD64, ImageLayout.create(tmp_path))
