"""What is asked of registries with and without a list of referrers; a real one is in tests/integration."""

import json

import pytest

from packager.errors import AccessRefused
from packager.oci.manifest import OCI_INDEX, OCI_MANIFEST, Descriptor, Index, digest_of
from packager.oci.referrers import Attachment, attach, fallback_tag, fetch_attached, referrers
from tests.packager.oci.registries import blob, repository
from tests.support.scripted_server import Reply, scripted

IMAGE = Descriptor(media_type=OCI_MANIFEST, digest=digest_of(b"image"), size=5)
SBOM = Attachment(artifact_type="application/vnd.x", media_type="application/json", data=b'{"a": 1}')
OTHER = Descriptor(media_type=OCI_MANIFEST, digest=digest_of(b"other"), size=5, artifact_type="text/x")
THERE, GONE, MADE = Reply(), Reply(status=404), Reply(status=201)
LISTED = Reply(headers={"Content-Type": OCI_INDEX}, body=Index(manifests=[OTHER]).to_bytes())


def test_the_referrers_api_is_asked_first():
    with scripted([LISTED]) as server:
        assert list(referrers(repository(server.address), IMAGE.digest)) == [OTHER]

    assert server.lines == [f"GET /v2/team/m/referrers/{IMAGE.digest}"]


def test_a_long_list_comes_page_by_page():
    more = {"Content-Type": OCI_INDEX, "Link": f'</v2/team/m/referrers/{IMAGE.digest}?page=2>; rel="next"'}
    first = Reply(headers=more, body=Index(manifests=[IMAGE]).to_bytes())
    with scripted([first, LISTED]) as server:
        assert list(referrers(repository(server.address), IMAGE.digest)) == [IMAGE, OTHER]


@pytest.mark.parametrize("answer", [GONE, Reply(body=b"a page for people")])
def test_without_it_the_tag_is(answer):
    with scripted([answer, LISTED]) as server:
        assert list(referrers(repository(server.address), IMAGE.digest)) == [OTHER]

    assert server.lines[1] == f"GET /v2/team/m/manifests/{fallback_tag(IMAGE.digest)}"


def test_nothing_is_attached():
    with scripted([GONE, GONE]) as server:
        assert list(referrers(repository(server.address), IMAGE.digest)) == []


def test_a_refusal_is_an_error():
    with (
        scripted([Reply(status=403)]) as server,
        pytest.raises(AccessRefused, match="refuses to tell what is attached"),
    ):
        referrers(repository(server.address), IMAGE.digest)


def test_an_artefact_names_its_subject():
    subject = Reply(status=201, headers={"OCI-Subject": IMAGE.digest})
    with scripted([THERE, THERE, subject]) as server:
        made = attach(repository(server.address), IMAGE, SBOM)

    sent = json.loads(server.asked[-1].body)
    assert server.lines[-1] == f"PUT /v2/team/m/manifests/{made.digest}"
    assert sent["subject"] == {"mediaType": IMAGE.media_type, "digest": IMAGE.digest, "size": 5}
    assert sent["artifactType"] == made.artifact_type == "application/vnd.x"
    assert sent["layers"][0]["digest"] == blob(SBOM.data).digest
    assert sent["config"]["mediaType"] == "application/vnd.oci.empty.v1+json"


def test_a_registry_that_does_not_list_it_gets_a_tag_that_keeps_the_others():
    with scripted([THERE, THERE, MADE, LISTED, MADE]) as server:
        made = attach(repository(server.address), IMAGE, SBOM)

    assert server.lines[-1] == f"PUT /v2/team/m/manifests/{fallback_tag(IMAGE.digest)}"
    index = Index.parse(server.asked[-1].body, "the tag")
    assert list(index.manifests) == [OTHER, made]


def test_what_is_attached_twice_is_listed_once():
    with scripted([THERE, THERE, MADE, GONE, MADE]) as server:
        made = attach(repository(server.address), IMAGE, SBOM)
    listed = Reply(body=Index(manifests=[made]).to_bytes())
    with scripted([THERE, THERE, MADE, listed, MADE]) as server:
        attach(repository(server.address), IMAGE, SBOM)

    assert list(Index.parse(server.asked[-1].body, "the tag").manifests) == [made]


def test_what_is_attached_can_be_read():
    with scripted([THERE, THERE, MADE, GONE, MADE]) as server:
        made = attach(repository(server.address), IMAGE, SBOM)
        artefact = server.asked[2].body
    with scripted([Reply(body=artefact), Reply(body=SBOM.data)]) as server:
        assert fetch_attached(repository(server.address), made) == SBOM.data
