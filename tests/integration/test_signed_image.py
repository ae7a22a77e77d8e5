"""From a layout to a registry: published, listed, signed, inspected, verified; and refused after a change."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from packager.builders.contract import BuiltImage
from packager.cli.main import build_app
from packager.errors import InvalidImage, SignatureRefused
from packager.image_reference import ImageReference
from packager.inspecting import inspect_image
from packager.oci.layout import ImageLayout
from packager.oci.manifest import OCI_INDEX, Descriptor, Index, Platform
from packager.oci.referrers import fetch_attached, referrers
from packager.oci.registry import Repository
from packager.publishers.pushed import PushedBlobs
from packager.publishers.registry import RegistryPublisher
from packager.sbom_publishing import attach_sboms
from packager.signing import sign_image, verify_image
from packager.signing_keys import generate_key_pair
from packager.staging.labels import MODELS, OURS, TRIGGERS
from tests.packager.layered import MODEL_LIST, installed, layered
from tests.support import registry as registry_server
from tests.support import require

AMD64, ARM64 = Platform.of("linux/amd64"), Platform.of("linux/arm64")
LABELS = {
    MODELS: json.dumps({"diabetes:1": f"sha256:{'a' * 64}"}),
    TRIGGERS: json.dumps({"blob": {"input_path": "in/{name}.json"}}),
    f"{OURS}.version": "1.0",
}
LAYERS = [
    {**installed("joblib", "1.6", "License-Expression: BSD-3-Clause")},
    {"home/site/wwwroot/azureml-models/diabetes/1.sha256": MODEL_LIST},
]


@dataclass(frozen=True, kw_only=True)
class Place:
    """A registry of the test's own, and where it keeps its blobs."""

    address: str
    data: Path

    def tamper(self, digest: str) -> None:
        value = digest.partition(":")[2]
        file = self.data / "docker/registry/v2/blobs/sha256" / value[:2] / value / "data"
        data = bytearray(file.read_bytes())
        data[-1] ^= 1
        file.write_bytes(data)


def publisher(place: Place) -> RegistryPublisher:
    return RegistryPublisher(pushed=PushedBlobs(folder=place.data / "pushed"))


@pytest.fixture
def place(tmp_path):
    require(not registry_server.missing(), registry_server.missing())
    data = tmp_path / "registry"
    with registry_server.running({"storage": {"filesystem": {"rootdirectory": str(data)}}}) as address:
        yield Place(address=address, data=data)


@pytest.fixture
def layout(tmp_path) -> ImageLayout:
    return ImageLayout.create(tmp_path / "layout")


@pytest.fixture
def index(layout) -> Descriptor:
    images = [layered(layout, LAYERS, {**LABELS, "for": str(each)}, platform=each) for each in (AMD64, ARM64)]
    return layout.add_bytes(Index(manifests=images).to_bytes(), OCI_INDEX)


@pytest.fixture
def published(place, layout, index) -> str:
    image = BuiltImage(
        reference=ImageReference(repository="m", tag="1"),
        id=index.digest,
        platform="linux/amd64,linux/arm64",
        size=1,
        layout=layout.folder,
        digest=index.digest,
    )
    to = ImageReference(repository=f"{place.address}/team/diabetes", tag="1")
    publisher(place).publish(image, to, lambda _: None)
    return str(to)


@pytest.fixture
def keys(tmp_path) -> tuple[Path, Path]:
    return generate_key_pair(tmp_path / "team")


def test_the_whole_way(published, layout, index, keys):
    repository = Repository(ImageReference.parse(published))
    before = inspect_image(published)
    sboms = attach_sboms(layout, index, repository)
    signed = sign_image(published, keys[0])

    after = inspect_image(published)
    found = verify_image(published, keys[1])

    assert (before.signed, [each.sbom for each in before.images]) == (False, [False, False])
    assert (after.signed, [each.sbom for each in after.images]) == (True, [True, True])
    assert after.platforms == ["linux/amd64", "linux/arm64"]
    assert after.triggers == {"blob": {"input_path": "in/{name}.json"}}
    assert found.reference == signed == f"{published.rpartition(':')[0]}@{index.digest}"
    assert found.blobs == 4
    assert len(sboms) == 2
    sbom = json.loads(fetch_attached(repository, referrers(repository, after.images[1].digest)[0]))
    assert [each["name"] for each in sbom["components"]] == ["joblib", "diabetes"]


def test_a_layer_that_was_changed_in_the_registry_is_refused(published, place, layout, index, keys):
    sign_image(published, keys[0])
    manifest = layout.manifest(layout.nested(index).manifests[1])
    place.tamper(manifest.layers[0].digest)

    with pytest.raises(InvalidImage, match=f"blob {manifest.layers[0].digest} .* is not what its digest"):
        verify_image(published, keys[1])


def test_another_image_under_the_same_tag_is_refused(published, place, layout, keys):
    sign_image(published, keys[0])
    other = layered(layout, [{"other": "image"}])
    repository = Repository(ImageReference.parse(published))
    image = BuiltImage(
        reference=ImageReference(repository="m", tag="1"),
        id=other.digest,
        platform="linux/amd64",
        size=1,
        layout=layout.folder,
        digest=other.digest,
    )
    publisher(place).publish(image, ImageReference.parse(published), lambda _: None)
    signature = f"{inspect_image(published).digest.replace(':', '-')}.sig"
    assert not repository.digest(signature)

    with pytest.raises(SignatureRefused, match="is not signed"):
        verify_image(published, keys[1])


def test_from_the_command_line(published, tmp_path, monkeypatch):
    monkeypatch.setenv("PACKAGER_KEY_PASSWORD", "pass")
    monkeypatch.setenv("PACKAGER_CACHE", str(tmp_path / "cache"))

    def run(*arguments: object) -> str:
        done = CliRunner().invoke(build_app(), [str(each) for each in arguments])
        assert done.exit_code == 0, done.output
        return done.stdout

    run("keys", "generate", tmp_path / "line")
    run("sbom", published, "--attach", "--output", tmp_path / "sboms")
    run("sign", published, "--key", tmp_path / "line.key")

    assert "is signed by" in run("verify", published, "--key", tmp_path / "line.pub")
    said = json.loads(run("inspect", published, "--json"))
    assert said["signed"]
    assert all(each["sbom"] for each in said["images"])
    assert len([*(tmp_path / "sboms").iterdir()]) == 2


def test_a_publisher_that_attaches_and_signs(place, layout, keys):
    image = layered(layout, LAYERS, LABELS)
    built = BuiltImage(
        reference=ImageReference(repository="m", tag="1"),
        id=image.digest,
        platform="linux/amd64",
        size=1,
        layout=layout.folder,
        digest=image.digest,
    )
    lines: list[str] = []
    to = ImageReference(repository=f"{place.address}/team/both", tag="1")
    location = replace(publisher(place), sbom=True, sign_key=keys[0]).publish(built, to, lines.append)

    found = inspect_image(location)
    assert (found.signed, found.images[0].sbom) == (True, True)
    assert verify_image(location, keys[1]).signatures == 1
    assert lines[1:] == ["Attached 1 bill(s) of materials", f"Signed {location}"]
