"""What push() and pull() ask a registry for; tests/integration/test_registry.py has a real one."""

import pytest

from packager.errors import DamagedBlob, InvalidImage, RegistryUnreachable
from packager.oci.layout import ImageLayout
from packager.oci.manifest import (
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER,
    OCI_MANIFEST,
    Descriptor,
    ImageConfig,
    Index,
    Manifest,
    Platform,
)
from packager.oci.transfer import described, pull, push
from tests.packager.oci.images import damage
from tests.packager.oci.registries import blob, repository
from tests.support.scripted_server import Reply, scripted

AMD64, ARM64 = Platform.of("linux/amd64"), Platform.of("linux/arm64")


def an_image(layout: ImageLayout, platform: Platform = AMD64, data: bytes = b"layer") -> Descriptor:
    layer = layout.add_bytes(data, OCI_LAYER)
    config = layout.add_bytes(ImageConfig(platform=platform, diff_ids=(layer.digest,)).to_bytes(), OCI_CONFIG)
    return layout.add_bytes(Manifest(config=config, layers=(layer,)).to_bytes(), OCI_MANIFEST)


@pytest.fixture
def layout(tmp_path) -> ImageLayout:
    return ImageLayout.create(tmp_path / "layout")


@pytest.fixture
def image(layout) -> Descriptor:
    return an_image(layout)


def test_what_the_registry_has_is_not_sent(layout, image):
    with scripted([Reply(), Reply(), Reply(status=201)]) as server:
        report = push(layout, image, repository(server.address), "1")

    assert sorted(each.method for each in server.asked) == ["HEAD", "HEAD", "PUT"]
    assert server.lines[-1] == "PUT /v2/team/m/manifests/1"
    assert server.asked[-1].body == layout.read(image)
    assert (report.bytes_sent, report.blobs_sent, report.blobs_known) == (image.size, 0, 2)
    assert report.digest == image.digest


def test_without_a_tag_an_image_is_pushed_under_its_digest(layout, image):
    with scripted([Reply(), Reply(), Reply(status=201)]) as server:
        push(layout, image, repository(server.address))

    assert server.lines[-1] == f"PUT /v2/team/m/manifests/{image.digest}"


def test_an_index_comes_after_its_images(layout, image):
    other = an_image(layout, ARM64, b"another")
    index = layout.add_bytes(Index(manifests=[image, other]).to_bytes(), OCI_INDEX)
    with scripted([Reply()] * 4 + [Reply(status=201)] * 3) as server:
        push(layout, index, repository(server.address), "1")

    assert server.lines[-3:] == [
        f"PUT /v2/team/m/manifests/{image.digest}",
        f"PUT /v2/team/m/manifests/{other.digest}",
        "PUT /v2/team/m/manifests/1",
    ]


def test_the_first_error_ends_a_push(layout, image):
    with scripted([Reply(cut_request=0)] * 12) as server, pytest.raises(RegistryUnreachable):
        push(layout, image, repository(server.address), "1")

    assert not any(line.startswith("PUT") for line in server.lines)


def test_a_whole_image_is_pulled_and_then_nothing_more(layout, image, tmp_path):
    config, layer = layout.blobs_of(image)[1:]
    answers = {
        f"/v2/team/m/manifests/{image.digest}": Reply(body=layout.read(image)),
        f"/v2/team/m/blobs/{config.digest}": Reply(body=layout.read(config)),
        f"/v2/team/m/blobs/{layer.digest}": Reply(body=layout.read(layer)),
    }
    target = ImageLayout.create(tmp_path / "target")
    with scripted(answers) as server:
        found = pull(repository(server.address), image.digest, target, AMD64)
        again = pull(repository(server.address), image.digest, target, AMD64)

    assert found == again == image
    assert len(server.lines) == 3
    assert target.read(layer) == b"layer"


def test_a_tampered_layer_is_refused(layout, image, tmp_path):
    config, layer = layout.blobs_of(image)[1:]
    answers = {
        "/v2/team/m/manifests/1": Reply(body=layout.read(image)),
        f"/v2/team/m/blobs/{config.digest}": Reply(body=layout.read(config)),
        f"/v2/team/m/blobs/{layer.digest}": Reply(body=b"LAYER"),
    }
    target = ImageLayout.create(tmp_path / "target")
    with scripted(answers) as server, pytest.raises(InvalidImage, match="is not what its digest says"):
        pull(repository(server.address), "1", target, AMD64)

    assert not target.has(layer)


def test_a_platform_that_is_not_there_names_those_that_are(layout, tmp_path):
    entry = blob(b"m")
    index = Index(manifests=[Descriptor(media_type=OCI_MANIFEST, digest=entry.digest, size=1, platform=AMD64)])
    target = ImageLayout.create(tmp_path / "target")
    answers = {"/v2/team/m/manifests/1": Reply(body=index.to_bytes())}
    with (
        scripted(answers) as server,
        pytest.raises(InvalidImage, match=r"no image for linux/arm64; it has linux/amd64"),
    ):
        pull(repository(server.address), "1", target, ARM64)


def test_an_image_of_another_platform_is_refused_before_its_layers_come(layout, image, tmp_path):
    config, layer = layout.blobs_of(image)[1:]
    answers = {
        "/v2/team/m/manifests/1": Reply(body=layout.read(image)),
        f"/v2/team/m/blobs/{config.digest}": Reply(body=layout.read(config)),
    }
    target = ImageLayout.create(tmp_path / "target")
    with scripted(answers) as server, pytest.raises(InvalidImage, match="is for linux/amd64, not for linux/arm64"):
        pull(repository(server.address), "1", target, ARM64)

    assert not any(layer.digest in line for line in server.lines)


def test_a_digest_is_described_from_the_layout(layout, image):
    assert described(layout, image.digest) == image
    with pytest.raises(InvalidImage):
        described(layout, blob(b"nowhere").digest)


def test_a_damaged_blob_is_not_sent(layout, image):
    manifest = layout.manifest(image)
    for each in (manifest.config, *manifest.layers):
        damage(layout, each)

    with (
        scripted([Reply(status=404), Reply(status=404)]) as server,
        pytest.raises(DamagedBlob, match="is not what its digest says"),
    ):
        push(layout, image, repository(server.address), "1")

    assert {each.method for each in server.asked} == {"HEAD"}
