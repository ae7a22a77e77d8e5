"""Images in layouts, archives and registries; tests/integration/test_signed_image.py has a real registry."""

import pytest

from packager.errors import InvalidImage, InvalidPackageRequest, NotInRegistry
from packager.inspecting import inspect_image
from packager.oci.archive import write_archive
from packager.oci.layout import ImageLayout
from packager.oci.manifest import OCI_INDEX, OCI_MANIFEST, Descriptor, Index, Platform
from packager.sbom import MEDIA_TYPE
from packager.staging.labels import MODELS
from tests.packager.layered import CREATED, layered
from tests.packager.oci.registries import access
from tests.support.scripted_server import Reply, scripted

LABELS = {MODELS: '{"diabetes:1":"sha256:1"}'}


@pytest.fixture
def layout(tmp_path) -> ImageLayout:
    return ImageLayout.create(tmp_path / "layout")


@pytest.fixture
def image(layout) -> Descriptor:
    made = layered(layout, [{"a": "1"}, {"b": "2"}], LABELS, Cmd=["python"], User="65532")
    layout.name(made, "m:1")
    return made


@pytest.mark.parametrize("name", ["", ":m:1"])
def test_a_layout(layout, image, name):
    found = inspect_image(f"oci:{layout.folder}{name}")

    assert found.digest == image.digest
    assert found.models == {"diabetes:1": "sha256:1"}
    assert (found.platforms, found.created) == (["linux/amd64"], CREATED)
    assert (found.command, found.user, found.signed) == (["python"], "65532", None)
    assert [each.digest for each in found.images[0].layers] == [each.digest for each in layout.manifest(image).layers]


def test_an_archive(layout, image, tmp_path):
    file = tmp_path / "m.tar"
    write_archive(layout, image, "m:1", file)

    assert inspect_image(f"archive:{file}").digest == image.digest
    with pytest.raises(InvalidImage, match="There is no archive of images at"):
        inspect_image(f"archive:{tmp_path / 'nowhere.tar'}")


def test_an_index_shows_every_platform_and_nothing_else(layout):
    arm64 = layered(layout, [{"a": "2"}], platform=Platform.of("linux/arm64"))
    amd64 = layered(layout, [{"a": "1"}], LABELS)
    other = Descriptor(
        media_type=OCI_MANIFEST, digest=arm64.digest, size=arm64.size, platform=Platform.of("unknown/unknown")
    )
    layout.name(layout.add_bytes(Index(manifests=[amd64, arm64, other]).to_bytes(), OCI_INDEX), "m:1")

    found = inspect_image(f"oci:{layout.folder}")

    assert found.platforms == ["linux/amd64", "linux/arm64"]
    assert found.models == {"diabetes:1": "sha256:1"}


def test_an_empty_index_is_refused(layout):
    layout.name(layout.add_bytes(Index().to_bytes(), OCI_INDEX), "m:1")

    with pytest.raises(InvalidImage, match="without any image"):
        inspect_image(f"oci:{layout.folder}")


@pytest.mark.parametrize("attached", [True, False])
def test_a_registry_is_asked_for_no_layer(layout, image, attached):
    config, *layers = layout.blobs_of(image)[1:]
    sbom = Descriptor(media_type=OCI_MANIFEST, digest=config.digest, size=1, artifact_type=MEDIA_TYPE)
    tag = image.digest.replace(":", "-")
    answers = {
        "/v2/m/manifests/1": Reply(body=layout.read(image)),
        f"/v2/m/manifests/{image.digest}": Reply(body=layout.read(image)),
        f"/v2/m/blobs/{config.digest}": Reply(body=layout.read(config)),
    }
    if attached:
        answers[f"/v2/m/manifests/{tag}"] = Reply(body=Index(manifests=[sbom]).to_bytes())
    with scripted(answers) as server:
        found = inspect_image(f"{server.address}/m:1", access=access())

    assert found.models == {"diabetes:1": "sha256:1"}
    assert (found.signed, found.images[0].sbom) == (False, attached)
    assert not [line for line in server.lines if any(each.digest in line for each in layers)]


def test_what_is_not_there_or_no_name_is_refused():
    with scripted({}) as server, pytest.raises(NotInRegistry):
        inspect_image(f"{server.address}/m:1", access=access())
    with pytest.raises(InvalidPackageRequest, match="is not an image name"):
        inspect_image("No Name")
