from dataclasses import replace
from pathlib import Path

import pytest

from packager.builders.contract import BuiltImage
from packager.errors import InvalidPackageRequest, PublishFailed
from packager.image_reference import ImageReference
from packager.oci.layout import ImageLayout
from packager.oci.manifest import (
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER,
    OCI_MANIFEST,
    ImageConfig,
    Index,
    Manifest,
    Platform,
)
from packager.publishers.pushed import PushedBlobs
from packager.publishers.registry import RegistryPublisher
from packager.signing_keys import generate_key_pair
from tests.packager.oci.registries import access
from tests.support.scripted_server import Reply, scripted


def publisher(folder: Path) -> RegistryPublisher:
    return RegistryPublisher(access=access(), pushed=PushedBlobs(folder=folder / "pushed"))


LOCAL = ImageReference(repository="m", tag="1")
THERE, MADE = Reply(), Reply(status=201)


@pytest.fixture
def built(tmp_path):
    """Makes an image whose base has the given name; an index around it if asked for."""

    def make(base: str = "", *, index: bool = False) -> BuiltImage:
        layout = ImageLayout.create(tmp_path / "layout")
        layer = layout.add_bytes(b"layer", OCI_LAYER)
        config = layout.add_bytes(ImageConfig(platform=Platform.of("linux/amd64")).to_bytes(), OCI_CONFIG)
        annotations = {"org.opencontainers.image.base.name": base} if base else {}
        manifest = Manifest(config=config, layers=(layer,), annotations=annotations)
        made = layout.add_bytes(manifest.to_bytes(), OCI_MANIFEST)
        if index:
            made = layout.add_bytes(Index(manifests=[made]).to_bytes(), OCI_INDEX)
        return BuiltImage(
            reference=LOCAL,
            id=config.digest,
            platform="linux/amd64",
            size=5,
            layout=layout.folder,
            digest=made.digest,
        )

    return make


def test_the_location_has_the_digest_and_the_log_the_bytes(built, tmp_path):
    image, lines = built(), list[str]()
    with scripted([THERE, THERE, MADE]) as server:
        to = ImageReference(repository=f"{server.address}/team/m", tag="1")
        location = publisher(tmp_path).publish(image, to, lines.append)

    assert location == f"{server.address}/team/m@{image.digest}"
    assert server.lines[-1] == "PUT /v2/team/m/manifests/1"
    (line,) = lines
    assert line.startswith(f"Pushed {to}: ")
    assert line.endswith("the registry lacked 0 of 2 blobs")


@pytest.mark.parametrize("index", [False, True])
def test_layers_of_a_base_in_the_same_registry_are_mounted(built, index, tmp_path):
    with scripted({}) as server:
        image = built(f"{server.address}/base:1", index=index)
        to = ImageReference(repository=f"{server.address}/team/m", tag="1")
        with pytest.raises(PublishFailed):
            publisher(tmp_path).publish(image, to, lambda _: None)

    assert any(line.endswith("&from=base") for line in server.lines)


def test_layers_are_mounted_from_where_they_were_pushed_to(built, tmp_path):
    with scripted([THERE, THERE, MADE]) as server:
        first = ImageReference(repository=f"{server.address}/one", tag="1")
        publisher(tmp_path).publish(built(), first, lambda _: None)
        second = ImageReference(repository=f"{server.address}/two", tag="1")
        server.replies = {}
        with pytest.raises(PublishFailed):
            publisher(tmp_path).publish(built(), second, lambda _: None)

    assert any(line.endswith("&from=one") for line in server.lines)


@pytest.mark.parametrize("base", ["", "python:3.11", "other.example/base", "no name!"])
def test_other_bases_are_not_asked_for(built, base, tmp_path):
    with scripted([THERE, THERE, MADE]) as server:
        to = ImageReference(repository=f"{server.address}/team/m", tag="1")

        assert publisher(tmp_path).publish(built(base), to, lambda _: None)


def test_a_refusal_names_the_image_and_the_registrys_words(built, tmp_path):
    with scripted([Reply(status=403)] * 2) as server:
        to = ImageReference(repository=f"{server.address}/team/m", tag="1")
        with pytest.raises(PublishFailed, match=r"team/m:1 could not be published\. The registry .* refuses"):
            publisher(tmp_path).publish(built(), to, lambda _: None)


def test_a_damaged_layout_is_not_published(built, tmp_path):
    image = built()
    layout = ImageLayout.open(image.layout)
    layout.path(image.digest).write_bytes(b"{}")

    with pytest.raises(PublishFailed, match="could not be published"):
        publisher(tmp_path).publish(image, LOCAL, lambda _: None)


def test_an_image_in_an_engine_is_refused_with_the_way_out(tmp_path):
    image = BuiltImage(reference=LOCAL, id="sha256:1", platform="linux/amd64", size=1)

    with pytest.raises(PublishFailed, match="publish it with DockerPublisher"):
        publisher(tmp_path).publish(image, LOCAL, lambda _: None)


def test_a_key_that_cannot_be_used_is_found_before_anything_is_pushed(built, tmp_path):
    signing = replace(publisher(tmp_path), sign_key=tmp_path / "team.key")
    with scripted([]) as server:
        to = ImageReference(repository=f"{server.address}/team/m", tag="1")
        with pytest.raises(InvalidPackageRequest, match=r"team\.key cannot be read"):
            signing.publish(built(), to, lambda _: None)

    assert server.lines == []


def test_what_cannot_be_attached_is_told_apart(built, tmp_path):
    with scripted([THERE, THERE, MADE, Reply(status=403)]) as server:
        to = ImageReference(repository=f"{server.address}/team/m", tag="1")
        key, _ = generate_key_pair(tmp_path / "team")
        with pytest.raises(PublishFailed, match=r"team/m@sha256:.* is published, but not all that belongs to it"):
            replace(publisher(tmp_path), sign_key=key).publish(built(), to, lambda _: None)


def test_a_blob_that_was_damaged_is_removed_so_that_it_is_made_again(built, tmp_path):
    image = built()
    blobs = {file: file.read_bytes() for file in image.layout.glob("blobs/sha256/*")}
    parts = [file for file in blobs if file.name != image.digest.removeprefix("sha256:")]
    for file in parts:
        file.write_bytes(blobs[file][:-1] + b"?")

    with (
        scripted([Reply(status=404), Reply(status=404)]) as server,
        pytest.raises(PublishFailed, match=r"is not what its digest says.*The blob is removed now; build again"),
    ):
        publisher(tmp_path).publish(image, ImageReference(repository=f"{server.address}/m", tag="1"), [].append)

    assert [file.exists() for file in parts].count(False) == 1
