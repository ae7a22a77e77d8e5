import io

import pytest

from packager.errors import AccessRefused, ImageRegistryError, RegistryUnreachable
from packager.oci.uploading import BlobSource, BlobUpload
from tests.packager.oci.registries import blob, repository
from tests.support.scripted_server import Reply, scripted

BIG = bytes(range(256)) * 8192
SMALL = b"a small blob"
UPLOAD = "/v2/team/m/blobs/uploads/1?state=a"
BEGUN = Reply(status=202, headers={"Location": UPLOAD})
TAKEN = Reply(status=202, headers={"Location": "/v2/team/m/blobs/uploads/1?state=b", "Range": f"0-{len(BIG) - 1}"})
DONE = Reply(status=201)


def source(data: bytes) -> BlobSource:
    return BlobSource.of(blob(data), data)


def stands_at(count: int) -> Reply:
    return Reply(status=204, headers={"Location": UPLOAD, "Range": f"0-{max(count - 1, 0)}"})


def test_a_small_blob_goes_in_one_request():
    with scripted([BEGUN, DONE]) as server:
        sent = BlobUpload(repository(server.address)).push(source(SMALL))

    assert sent == len(SMALL)
    assert server.lines == ["POST /v2/team/m/blobs/uploads/", f"PUT {UPLOAD}&digest={blob(SMALL).digest}"]
    assert server.asked[1].body == SMALL


def test_a_big_blob_goes_in_one_piece_without_a_range():
    with scripted([BEGUN, TAKEN, DONE]) as server:
        sent = BlobUpload(repository(server.address)).push(source(BIG))

    assert sent == len(BIG)
    assert [each.method for each in server.asked] == ["POST", "PATCH", "PUT"]
    assert server.asked[1].body == BIG
    assert "Content-Range" not in server.asked[1].headers
    assert server.lines[2].startswith("PUT /v2/team/m/blobs/uploads/1?state=b&digest=sha256:")


def test_pieces_when_they_are_asked_for():
    first = Reply(status=202, headers={"Location": UPLOAD, "Range": "0-1499999"})
    with scripted([BEGUN, first, TAKEN, DONE]) as server:
        BlobUpload(repository(server.address), chunk=1_500_000).push(source(BIG))

    assert [each.headers.get("Content-Range") for each in server.asked[1:3]] == [
        "0-1499999",
        f"1500000-{len(BIG) - 1}",
    ]
    assert server.asked[1].body + server.asked[2].body == BIG


def test_an_upload_goes_on_where_the_line_broke():
    with scripted([BEGUN, Reply(cut_request=70_000), stands_at(65_536), TAKEN, DONE]) as server:
        sent = BlobUpload(repository(server.address)).push(source(BIG))

    assert sent == len(BIG)
    assert server.lines[2] == f"GET {UPLOAD}"
    assert server.asked[3].headers["Content-Range"] == f"65536-{len(BIG) - 1}"
    assert server.asked[3].body == BIG[65_536:]


def test_an_upload_that_the_registry_lost_begins_again():
    gone = Reply(status=404)
    with scripted([BEGUN, Reply(cut_request=10), gone, gone, BEGUN, TAKEN, DONE]) as server:
        BlobUpload(repository(server.address)).push(source(BIG))

    assert [each.method for each in server.asked] == ["POST", "PATCH", "GET", "HEAD", "POST", "PATCH", "PUT"]


def test_a_blob_that_arrived_although_the_line_broke_is_not_sent_again():
    with scripted([BEGUN, Reply(cut_request=len(SMALL)), Reply(status=404), Reply()]) as server:
        assert BlobUpload(repository(server.address)).push(source(SMALL)) == len(SMALL)

    assert [each.method for each in server.asked] == ["POST", "PUT", "GET", "HEAD"]


def test_a_piece_that_was_taken_twice_is_noticed_and_sent_again_from_the_first_byte():
    invalid = Reply(status=400, body=b'{"errors": [{"code": "DIGEST_INVALID"}]}')
    gone = Reply(status=404)
    replies = [BEGUN, Reply(cut_request=10), stands_at(5), TAKEN, invalid, gone, gone, BEGUN, TAKEN, DONE]
    with scripted(replies) as server:
        BlobUpload(repository(server.address, tries=3)).push(source(BIG))

    assert server.asked[-2].body == BIG


def test_a_digest_that_is_wrong_from_the_beginning_is_an_error():
    invalid = Reply(status=400, body=b'{"errors": [{"code": "DIGEST_INVALID"}]}')
    with scripted([BEGUN, invalid]) as server, pytest.raises(ImageRegistryError, match="DIGEST_INVALID"):
        BlobUpload(repository(server.address)).push(source(SMALL))


def test_a_line_that_stays_broken_is_an_error():
    broken = [Reply(cut_request=10), stands_at(0)]
    with scripted([BEGUN, *broken * 3]) as server, pytest.raises(RegistryUnreachable, match="dropped the connection"):
        BlobUpload(repository(server.address)).push(source(BIG))


def test_a_busy_registry_gets_the_blob_later():
    busy = Reply(status=429, headers={"Retry-After": "0"})
    with scripted([BEGUN, busy, stands_at(0), TAKEN, DONE]) as server:
        assert BlobUpload(repository(server.address)).push(source(BIG)) == len(BIG)


def test_a_refusal_is_final():
    with scripted([Reply(status=403)]) as server, pytest.raises(AccessRefused, match="refuses to take blobs of"):
        BlobUpload(repository(server.address)).push(source(BIG))


def test_a_blob_of_another_repository_is_mounted():
    with scripted([Reply(status=201), BEGUN, DONE]) as server:
        upload = BlobUpload(repository(server.address))

        assert upload.push(source(SMALL), mount_from="team/base") == 0
        assert upload.push(source(SMALL), mount_from="team/base") == len(SMALL)

    query = f"?mount={blob(SMALL).digest}&from=team/base"
    assert server.lines[0] == f"POST /v2/team/m/blobs/uploads/{query}"


@pytest.mark.parametrize("status", [403, 404])
def test_a_repository_that_may_not_be_seen_is_done_without(status):
    with scripted([Reply(status=status), BEGUN, DONE]) as server:
        upload = BlobUpload(repository(server.address))

        assert upload.push(source(SMALL), mount_from="secret/base") == len(SMALL)

    assert server.lines[1] == "POST /v2/team/m/blobs/uploads/"


def test_only_the_blobs_own_bytes_are_read():
    stream = io.BytesIO(BIG)
    with scripted([BEGUN, TAKEN, DONE]) as server:
        BlobUpload(repository(server.address)).push(BlobSource(descriptor=blob(BIG), open=lambda: stream))

    assert stream.closed
