import json

import pytest

from packager.errors import AccessRefused, ImageRegistryError, InvalidImage, NotInRegistry, RegistryUnreachable
from packager.oci.manifest import OCI_MANIFEST, Manifest, digest_of
from tests.packager.oci.registries import blob, repository
from tests.support.scripted_server import Reply, scripted

MANIFEST = Manifest(config=blob(b"{}"), layers=()).to_bytes()
GIVEN = Reply(headers={"Content-Type": OCI_MANIFEST}, body=MANIFEST)
DATA = bytes(range(256)) * 1000
WORDS = json.dumps({"errors": [{"code": "DENIED", "message": "not for you"}]}).encode()


def test_a_manifest_comes_with_its_digest():
    with scripted([GIVEN]) as server:
        fetched = repository(server.address).manifest("1")

    assert fetched.data == MANIFEST
    assert (fetched.descriptor.digest, fetched.descriptor.media_type) == (digest_of(MANIFEST), OCI_MANIFEST)
    assert server.lines == ["GET /v2/team/m/manifests/1"]
    assert OCI_MANIFEST in server.asked[0].headers["Accept"]


@pytest.mark.parametrize("wanted", ["1", digest_of(b"other")])
def test_another_manifest_than_the_digest_says_is_refused(wanted):
    reply = Reply(headers={"Docker-Content-Digest": digest_of(b"other")}, body=MANIFEST)
    with scripted([reply]) as server, pytest.raises(InvalidImage, match=r"team/m.* is not what its digest .* says"):
        repository(server.address).manifest(wanted)


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"mediaType": "text/plain"}'])
def test_what_is_no_manifest_is_refused(body):
    with scripted([Reply(body=body)]) as server, pytest.raises(InvalidImage, match="The manifest of"):
        repository(server.address).manifest("1")


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (403, AccessRefused, "there are no credentials for it; run 'docker login"),
        (404, NotInRegistry, r"cannot give .*/team/m:1: there is no such thing"),
        (400, ImageRegistryError, r"refuses to give .*/team/m:1 \(HTTP 400\)"),
    ],
)
def test_a_refusal_names_what_was_asked_and_the_registrys_words(status, error, words):
    with scripted([Reply(status=status, body=WORDS)]) as server, pytest.raises(error, match=words) as refused:
        repository(server.address).manifest("1")

    assert "DENIED not for you" in str(refused.value)
    assert server.address in str(refused.value)


def test_a_busy_registry_is_asked_again():
    busy = Reply(status=429, headers={"Retry-After": "0"})
    with scripted([busy, Reply(status=503), GIVEN]) as server:
        assert repository(server.address).manifest("1").data == MANIFEST


def test_a_registry_that_stays_busy_is_given_up():
    with (
        scripted([Reply(status=429, headers={"Retry-After": "0"})] * 3) as server,
        pytest.raises(AccessRefused, match="too many requests, also after several tries"),
    ):
        repository(server.address).manifest("1")

    assert len(server.lines) == 3


def test_a_digest_is_looked_up_without_the_manifest():
    found = Reply(headers={"Docker-Content-Digest": digest_of(MANIFEST)})
    with scripted([found, Reply(status=404), Reply(), GIVEN]) as server:
        there = repository(server.address)

        assert there.digest("1") == digest_of(MANIFEST)
        assert there.digest("2") == ""
        assert there.digest("3") == digest_of(MANIFEST)


def test_a_blob_goes_on_where_the_connection_broke():
    end = {"Content-Range": f"bytes 1000-{len(DATA) - 1}/{len(DATA)}"}
    replies = [Reply(body=DATA, cut_body=1000), Reply(status=206, headers=end, body=DATA[1000:])]
    with scripted(replies) as server:
        got = b"".join(repository(server.address).blob(blob(DATA)))

    assert got == DATA
    assert [each.headers.get("Range") for each in server.asked] == [None, "bytes=1000-"]


def test_a_registry_without_ranges_begins_again_and_no_byte_comes_twice():
    with scripted([Reply(body=DATA, cut_body=5000), Reply(body=DATA)]) as server:
        assert b"".join(repository(server.address).blob(blob(DATA))) == DATA


def test_a_line_that_stays_broken_is_an_error():
    with (
        scripted([Reply(body=DATA, cut_body=0)] * 3) as server,
        pytest.raises(RegistryUnreachable, match="dropped the connection"),
    ):
        list(repository(server.address).blob(blob(DATA)))

    assert len(server.lines) == 3


def test_a_blob_that_is_longer_than_it_should_be_is_cut_off():
    with scripted([Reply(body=DATA)]) as server, pytest.raises(InvalidImage, match="gives more for the blob"):
        list(repository(server.address).blob(blob(DATA[:-1])))


def test_a_small_blob_is_compared_with_its_digest():
    with scripted([Reply(body=b"12"), Reply(body=b"21")]) as server:
        there = repository(server.address)

        assert there.whole_blob(blob(b"12")) == b"12"
        with pytest.raises(InvalidImage, match="is not what its digest"):
            there.whole_blob(blob(b"12"))
