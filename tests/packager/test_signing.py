"""What is signed and what is refused; tests/integration/test_signed_image.py has a real registry."""

import base64
import json

import pytest

from packager.errors import InvalidImage, SignatureRefused
from packager.oci.layout import ImageLayout
from packager.oci.manifest import OCI_INDEX, Descriptor, Index, Manifest, digest_of
from packager.oci.registry import Repository
from packager.signing import SIGNATURE, SIMPLE_SIGNING, is_signed, sign_image, verify_image
from packager.signing_keys import generate_key_pair
from tests.packager.layered import layered
from tests.packager.oci.registries import access, repository
from tests.support.scripted_server import Reply, scripted

GONE, BEGUN, MADE = Reply(status=404), Reply(status=202, headers={"Location": "/upload?a=b"}), Reply(status=201)
BLOBS = "/v2/m/blobs"


@pytest.fixture
def layout(tmp_path) -> ImageLayout:
    return ImageLayout.create(tmp_path / "layout")


@pytest.fixture
def image(layout) -> Descriptor:
    return layered(layout, [{"a": "1"}])


@pytest.fixture
def keys(tmp_path):
    return generate_key_pair(tmp_path / "team")


def answers(layout: ImageLayout, image: Descriptor) -> dict[str, Reply]:
    """What a registry with that image says."""
    found = {"/v2/m/manifests/1": Reply(body=layout.read(image))}
    for each in layout.blobs_of(image):
        found[f"{BLOBS}/{each.digest}"] = found[f"/v2/m/manifests/{each.digest}"] = Reply(body=layout.read(each))
    return found


def signed(layout: ImageLayout, image: Descriptor, key) -> dict[str, Reply]:
    """answers() with what sign_image() pushed."""
    script = [Reply(body=layout.read(image)), GONE, GONE, BEGUN, MADE, GONE, BEGUN, MADE, MADE]
    with scripted(script) as server:
        sign_image(f"{server.address}/m:1", key, access=access())
    pushed = server.asked[-1]
    found = answers(layout, image)
    found[pushed.path] = Reply(body=pushed.body)
    for each in server.asked:
        if each.method == "PUT":
            found[f"{BLOBS}/{digest_of(each.body)}"] = Reply(body=each.body)
    return found


def signature_path(image: Descriptor) -> str:
    return f"/v2/m/manifests/{image.digest.replace(':', '-')}.sig"


def test_the_signature_is_in_cosigns_form(layout, image, keys):
    pushed = signed(layout, image, keys[0])

    manifest = Manifest.parse(pushed[signature_path(image)].body, "the signature")
    (layer,) = manifest.layers
    payload = json.loads(pushed[f"{BLOBS}/{layer.digest}"].body)
    assert layer.media_type == SIMPLE_SIGNING
    assert base64.b64decode(layer.annotations[SIGNATURE], validate=True)
    assert payload["critical"]["image"] == {"docker-manifest-digest": image.digest}
    assert payload["critical"]["type"] == "cosign container image signature"
    assert payload["critical"]["identity"]["docker-reference"].endswith("/m")
    assert payload["optional"] is None
    config = json.loads(pushed[f"{BLOBS}/{manifest.config.digest}"].body)
    assert config["rootfs"]["diff_ids"] == [layer.digest]


def test_a_signed_image_is_verified_byte_by_byte(layout, image, keys):
    with scripted(signed(layout, image, keys[0])) as server:
        found = verify_image(f"{server.address}/m:1", keys[1], access=access())

    config, layer = layout.blobs_of(image)[1:]
    assert found.reference == f"{server.address}/m@{image.digest}"
    assert (found.signatures, found.blobs, found.bytes) == (1, 2, config.size + layer.size)
    assert f"GET {BLOBS}/{layer.digest}" in server.lines


def test_the_same_key_signs_once(layout, image, keys):
    with scripted(signed(layout, image, keys[0])) as server:
        sign_image(f"{server.address}/m:1", keys[0], access=access())

    assert {each.method for each in server.asked} == {"GET"}


def test_another_key_signs_beside(layout, image, keys, tmp_path):
    other = generate_key_pair(tmp_path / "other")
    there = signed(layout, image, keys[0])
    (first,) = Manifest.parse(there[signature_path(image)].body, "").layers
    payload = there[f"{BLOBS}/{first.digest}"]
    old = Reply(body=there[signature_path(image)].body)
    with scripted([Reply(body=layout.read(image)), old, payload, Reply(), Reply(), Reply(), MADE]) as server:
        sign_image(f"{server.address}/m:1", other[0], access=access())

    layers = Manifest.parse(server.asked[-1].body, "").layers
    assert layers[0] == first
    assert len(layers) == 2


def test_an_unsigned_image_is_refused(layout, image, keys):
    with scripted(answers(layout, image)) as server, pytest.raises(SignatureRefused, match="is not signed"):
        verify_image(f"{server.address}/m:1", keys[1], access=access())


def test_another_key_is_refused(layout, image, keys, tmp_path):
    other = generate_key_pair(tmp_path / "other")
    with (
        scripted(signed(layout, image, keys[0])) as server,
        pytest.raises(SignatureRefused, match=r"is signed, but not by the key .*other\.pub"),
    ):
        verify_image(f"{server.address}/m:1", other[1], access=access())


def test_a_signature_of_another_image_is_refused(layout, image, keys):
    other = layered(layout, [{"a": "2"}])
    moved = signed(layout, image, keys[0])
    moved |= answers(layout, other)
    moved[signature_path(other)] = moved[signature_path(image)]
    with scripted(moved) as server, pytest.raises(SignatureRefused, match=f"of another image .*{image.digest}"):
        verify_image(f"{server.address}/m:1", keys[1], access=access())


def test_a_changed_payload_is_refused(layout, image, keys):
    there = signed(layout, image, keys[0])
    manifest = Manifest.parse(there[signature_path(image)].body, "")
    payload = there[f"{BLOBS}/{manifest.layers[0].digest}"].body
    there[f"{BLOBS}/{manifest.layers[0].digest}"] = Reply(body=payload.replace(b"/m", b"/n"))
    with scripted(there) as server, pytest.raises(InvalidImage, match="is not what its digest"):
        verify_image(f"{server.address}/m:1", keys[1], access=access())


def test_a_tampered_layer_is_refused(layout, image, keys):
    layer = layout.blobs_of(image)[2]
    there = signed(layout, image, keys[0])
    data = bytearray(layout.read(layer))
    data[-1] ^= 1
    there[f"{BLOBS}/{layer.digest}"] = Reply(body=bytes(data))
    with scripted(there) as server, pytest.raises(InvalidImage, match=f"blob {layer.digest} .* is not what its digest"):
        verify_image(f"{server.address}/m:1", keys[1], access=access())


def test_of_an_index_every_platform_is_compared(layout, image, keys):
    other = layered(layout, [{"a": "2"}])
    index = layout.add_bytes(Index(manifests=[image, other]).to_bytes(), OCI_INDEX)
    with scripted(signed(layout, index, keys[0])) as server:
        found = verify_image(f"{server.address}/m@{index.digest}", keys[1], access=access())

    assert found.blobs == 4


def test_whether_there_is_any_signature(layout, image, keys):
    with scripted(signed(layout, image, keys[0])) as server:
        there = Repository(repository(server.address, "m").reference, access())

        assert is_signed(there, image.digest)
        assert not is_signed(there, digest_of(b"another"))
