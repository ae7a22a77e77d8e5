"""A real registry takes and gives images: with and without credentials, over bad lines, and with TLS."""

import base64
import json
import os
from pathlib import Path

import pytest
import trustme

from packager.builders.base_registry import RegistryBase
from packager.builders.contract import BuiltImage
from packager.errors import AccessRefused, InvalidImage, NotInRegistry, PublishFailed, RegistryUnreachable
from packager.image_reference import ImageReference
from packager.inspecting import inspect_image
from packager.oci.connecting import RegistryAccess
from packager.oci.credentials import Credentials
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
    describe,
)
from packager.oci.referrers import Attachment, attach, fetch_attached, referrers
from packager.oci.registry import Repository
from packager.oci.transfer import pull, push
from packager.oci.uploading import BlobSource, BlobUpload
from packager.publishers.pushed import PushedBlobs
from packager.publishers.registry import RegistryPublisher
from tests.packager.layered import layered
from tests.support import registry as registry_server
from tests.support import require, token_service
from tests.support.cutting_proxy import cutting

AMD64, ARM64 = Platform.of("linux/amd64"), Platform.of("linux/arm64")
PASSWORD = "s3cret"
# bcrypt of the password, the one form that the registry reads.
HTPASSWD = "ann:$2b$05$LicMbNjbJpg3bm3NbipiTeyDO.9UIUN18/181Aq/tiZff.XWE8gY.\n"
ANN = Credentials(username="ann", password=PASSWORD)
MEGABYTE = 1_000_000


def access(credentials: Credentials | None = None, ca_file: Path | None = None) -> RegistryAccess:
    return RegistryAccess(credentials=credentials, stored=lambda _: None, ca_file=ca_file, backoff=0.01)


def repository(address: str, path: str = "team/m", credentials: Credentials | None = None) -> Repository:
    return Repository(ImageReference(repository=f"{address}/{path}"), access(credentials))


def an_image(layout: ImageLayout, script: bytes, model: bytes = b"model", platform: Platform = AMD64) -> Descriptor:
    layers = [layout.add_bytes(data, OCI_LAYER) for data in (model, script)]
    settings = ImageConfig(platform=platform, diff_ids=[each.digest for each in layers])
    config = layout.add_bytes(settings.to_bytes(), OCI_CONFIG)
    return layout.add_bytes(Manifest(config=config, layers=layers).to_bytes(), OCI_MANIFEST)


def built(layout: ImageLayout, image: Descriptor) -> BuiltImage:
    reference = ImageReference(repository="m", tag="1")
    return BuiltImage(
        reference=reference, id=image.digest, platform="linux/amd64", size=1, layout=layout.folder, digest=image.digest
    )


@pytest.fixture
def layout(tmp_path) -> ImageLayout:
    return ImageLayout.create(tmp_path / "layout")


@pytest.fixture
def target(tmp_path) -> ImageLayout:
    return ImageLayout.create(tmp_path / "target")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A registry that asks for a user and a password."""
    require(not registry_server.missing(), registry_server.missing())
    file = tmp_path_factory.mktemp("registry") / "htpasswd"
    file.write_text(HTPASSWD)
    with registry_server.running({"auth": {"htpasswd": {"realm": "tests", "path": str(file)}}}) as address:
        yield address


@pytest.fixture(scope="module")
def tokens(tmp_path_factory, authority):
    """A registry with a token service: its address and the service."""
    require(not registry_server.missing(), registry_server.missing())
    file = tmp_path_factory.mktemp("tokens") / "ca.pem"
    authority.cert_pem.write_to_path(file)
    with (
        token_service.serving(PASSWORD, authority) as service,
        registry_server.running(service.registry_settings(file)) as address,
    ):
        yield address, service


def test_what_was_pushed_is_pulled(registry, layout, target):
    image = an_image(layout, b"script", os.urandom(5 * MEGABYTE))
    report = push(layout, image, repository(registry, "a/whole"), "1")

    found = pull(repository(registry, "a/whole"), "1", target, AMD64)

    assert found == image
    assert report.blobs_sent == 3
    assert [target.read(each) for each in target.blobs_of(found)] == [
        layout.read(each) for each in layout.blobs_of(image)
    ]


def test_a_changed_script_is_less_than_ten_kilobytes(registry, layout, tmp_path):
    model = os.urandom(5 * MEGABYTE)
    to = ImageReference(repository=f"{registry}/a/edited", tag="1")
    publisher, lines = RegistryPublisher(access=access(), pushed=PushedBlobs(folder=tmp_path)), list[str]()
    publisher.publish(built(layout, an_image(layout, b"script", model)), to, lines.append)

    edited = an_image(layout, b"another script", model)
    location = publisher.publish(built(layout, edited), to, lines.append)

    sent = [int(line.split(" bytes ")[0].rpartition(" ")[2].replace(",", "")) for line in lines]
    assert sent[0] > 5 * MEGABYTE
    assert sent[1] < 10_000
    assert location == f"{registry}/a/edited@{edited.digest}"
    assert repository(registry, "a/edited").digest("1") == edited.digest


def test_layers_are_mounted_from_another_repository(registry, layout):
    image = an_image(layout, b"script", os.urandom(MEGABYTE))
    push(layout, image, repository(registry, "a/first"), "1")

    report = push(layout, image, repository(registry, "a/second"), "1", mounts=lambda _: "a/first")

    assert (report.bytes_sent, report.blobs_sent) == (image.size, 0)


def test_what_was_pushed_before_is_mounted_wherever_it_was(registry, layout, tmp_path):
    image = built(layout, an_image(layout, b"script", os.urandom(MEGABYTE)))
    publisher = RegistryPublisher(access=access(), pushed=PushedBlobs(folder=tmp_path / "pushed"))
    lines: list[str] = []
    for path in ("b/first", "b/second"):
        publisher.publish(image, ImageReference(repository=f"{registry}/{path}", tag="1"), lines.append)

    assert lines[0].endswith("the registry lacked 3 of 3 blobs")
    assert lines[1].endswith("the registry lacked 0 of 3 blobs")


def test_an_index_is_pushed_whole_and_pulled_by_platform(registry, layout, target):
    images = [an_image(layout, str(each).encode(), platform=each) for each in (AMD64, ARM64)]
    entries = [
        Descriptor(media_type=each.media_type, digest=each.digest, size=each.size, platform=platform)
        for each, platform in zip(images, (AMD64, ARM64), strict=True)
    ]
    index = layout.add_bytes(Index(manifests=entries).to_bytes(), OCI_INDEX)
    push(layout, index, repository(registry, "a/index"), "1")

    found = RegistryBase(access=access()).fetch(f"{registry}/a/index:1", ARM64, target)

    assert found.digest == images[1].digest
    assert pull(repository(registry, "a/index"), "1", target).digest == index.digest
    with pytest.raises(InvalidImage, match=r"no image for linux/s390x; it has linux/amd64, linux/arm64"):
        RegistryBase(access=access()).fetch(f"{registry}/a/index:1", Platform.of("linux/s390x"), target)


def test_pieces_of_an_upload(registry):
    data = os.urandom(3 * MEGABYTE)
    descriptor = BlobSource.of(describe(data, OCI_LAYER), data)

    BlobUpload(repository(registry, "a/pieces"), chunk=MEGABYTE).push(descriptor)

    assert repository(registry, "a/pieces").whole_blob(descriptor.descriptor) == data


def test_an_upload_outlives_a_bad_line(registry):
    data = os.urandom(8 * MEGABYTE)
    source = BlobSource.of(describe(data, OCI_LAYER), data)
    with cutting(registry) as proxy:
        proxy.cuts_up += [3 * MEGABYTE, 2 * MEGABYTE]
        there = repository(proxy.address, "a/bad-line")
        BlobUpload(there).push(source)

        assert proxy.made == 2
    assert repository(registry, "a/bad-line").whole_blob(source.descriptor) == data


def test_a_download_outlives_a_bad_line(registry, layout, target):
    image = an_image(layout, b"script", os.urandom(8 * MEGABYTE))
    push(layout, image, repository(registry, "a/bad-line"), "1")
    with cutting(registry) as proxy:
        proxy.cuts_down += [3 * MEGABYTE, 2 * MEGABYTE]
        found = pull(repository(proxy.address, "a/bad-line"), "1", target)

        assert proxy.made == 2
    assert found == image
    for each in target.blobs_of(found):
        target.verify(each)


def test_what_is_attached_is_found_by_its_subject(registry, layout):
    image = an_image(layout, b"script")
    there = repository(registry, "a/attached")
    push(layout, image, there, "1")
    first = attach(there, image, Attachment(artifact_type="text/x-first", media_type="text/plain", data=b"1"))
    second = attach(there, image, Attachment(artifact_type="text/x-second", media_type="text/plain", data=b"2"))
    attach(there, image, Attachment(artifact_type="text/x-second", media_type="text/plain", data=b"2"))

    found = referrers(there, image.digest)

    assert {each.digest for each in found} == {first.digest, second.digest}
    assert {each.artifact_type: fetch_attached(there, each) for each in found} == {
        "text/x-first": b"1",
        "text/x-second": b"2",
    }


def test_basic_credentials(guarded, layout, target):
    image = an_image(layout, b"script")
    push(layout, image, repository(guarded, credentials=ANN), "1")

    assert pull(repository(guarded, credentials=ANN), "1", target) == image


def test_credentials_of_docker_login(guarded, layout, tmp_path, monkeypatch):
    auth = base64.b64encode(f"ann:{PASSWORD}".encode()).decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {guarded: {"auth": auth}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    to = ImageReference(repository=f"{guarded}/team/login", tag="1")

    publisher = RegistryPublisher(pushed=PushedBlobs(folder=tmp_path))
    location = publisher.publish(built(layout, an_image(layout, b"script")), to, lambda _: None)

    assert location.startswith(f"{guarded}/team/login@sha256:")


@pytest.mark.parametrize(
    ("credentials", "words"),
    [
        (None, "there are none; run 'docker login"),
        (Credentials(username="ann", password="wrong-one"), "the credentials are wrong"),
    ],
)
def test_without_the_right_credentials_nothing_is_published(guarded, layout, tmp_path, credentials, words):
    to = ImageReference(repository=f"{guarded}/team/m", tag="1")
    publisher = RegistryPublisher(access=access(credentials), pushed=PushedBlobs(folder=tmp_path))

    with pytest.raises(PublishFailed, match=words) as refused:
        publisher.publish(built(layout, an_image(layout, b"script")), to, lambda _: None)
    assert "wrong-one" not in str(refused.value)


def test_tokens(tokens, layout, target):
    address, service = tokens
    image = an_image(layout, b"script", os.urandom(2 * MEGABYTE))
    push(layout, image, repository(address, "open/m", ANN), "1")

    assert pull(repository(address, "open/m"), "1", target) == image
    assert "repository:open/m:pull,push" in service.asked


def test_a_token_that_expires_in_the_middle_is_replaced(tokens, layout, target, monkeypatch):
    address, service = tokens
    image = an_image(layout, b"script")
    monkeypatch.setattr(service, "life", -120)
    there = repository(address, "open/expired", ANN)
    with pytest.raises(AccessRefused):
        push(layout, image, there, "1")
    monkeypatch.setattr(service, "life", 300)

    push(layout, image, there, "1")

    assert pull(there, "1", target) == image


def test_a_layer_is_mounted_with_the_rights_to_both_repositories(tokens, layout):
    address, _ = tokens
    image = an_image(layout, b"script", os.urandom(MEGABYTE))
    push(layout, image, repository(address, "open/one", ANN), "1")

    report = push(layout, image, repository(address, "closed/two", ANN), "1", mounts=lambda _: "open/one")

    assert report.blobs_sent == 0


@pytest.mark.parametrize(
    ("credentials", "words"),
    [
        (None, "there are no credentials for it"),
        (Credentials(username="ann", password="wrong-one"), "refuses these credentials"),
    ],
)
def test_rights_that_a_token_lacks_are_named(tokens, layout, credentials, words):
    address, _ = tokens
    there = repository(address, "closed/m", credentials)

    with pytest.raises(AccessRefused, match=words) as refused:
        push(layout, an_image(layout, b"script"), there, "1")
    assert "wrong-one" not in str(refused.value)


def test_a_registry_with_tls_and_its_own_authority(authority, tmp_path, layout, target):
    require(not registry_server.missing(), registry_server.missing())
    files = {name: tmp_path / name for name in ("ca.pem", "key.pem", "cert.pem")}
    authority.cert_pem.write_to_path(files["ca.pem"])
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(files["key.pem"])
    issued.cert_chain_pems[0].write_to_path(files["cert.pem"])
    tls = {"certificate": str(files["cert.pem"]), "key": str(files["key.pem"])}
    image = an_image(layout, b"script")
    with registry_server.running({"http": {"tls": tls}}) as address:
        reference = ImageReference(repository=f"{address}/m")
        push(layout, image, Repository(reference, access(ca_file=files["ca.pem"])), "1")

        assert pull(Repository(reference, access(ca_file=files["ca.pem"])), "1", target) == image
        with pytest.raises(RegistryUnreachable, match="is not trusted"):
            Repository(reference, access()).manifest("1")


def test_what_is_not_there_is_named(registry, target):
    with pytest.raises(NotInRegistry, match="a/nowhere:9"):
        pull(repository(registry, "a/nowhere"), "9", target)


@pytest.mark.docker
def test_an_engine_pulls_what_was_published_and_it_can_be_inspected_there(registry, layout, docker_engine, tmp_path):
    image = layered(layout, [{"base.txt": "base"}, {"app.txt": "app"}], {"team": "a"}, Cmd=["/app"])
    to = ImageReference(repository=f"{registry}/b/engine", tag="1")
    publisher = RegistryPublisher(access=access(), pushed=PushedBlobs(folder=tmp_path))
    location = publisher.publish(built(layout, image), to, lambda _: None)

    docker_engine.client.images.pull(location)
    try:
        found = inspect_image(f"docker:{location}", engine=docker_engine.client)
    finally:
        docker_engine.client.images.remove(location, force=True)

    assert found.labels == {"team": "a"}
    assert found.command == ["/app"]
    assert found.platforms == ["linux/amd64"]
    assert [each.digest for each in found.images[0].layers] == list(layout.config(layout.manifest(image)).diff_ids)
