import io
import ssl

import pytest
import urllib3
from urllib3.exceptions import MaxRetryError, ProtocolError, SSLError

from packager.errors import AccessRefused, ImageRegistryError, NotInRegistry
from packager.oci.refusals import refusal, unreachable


def answer(status: int, body: bytes = b"") -> urllib3.HTTPResponse:
    return urllib3.HTTPResponse(body=io.BytesIO(body), status=status)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, AccessRefused, "the credentials are wrong"),
        (403, AccessRefused, "lack that right"),
        (404, NotInRegistry, "check the name and the tag"),
        (429, AccessRefused, "too many requests"),
        (500, ImageRegistryError, "try again later"),
    ],
)
def test_each_status_has_its_error(status, kind, words):
    error = refusal("r.example", "push m:1", answer(status), has_credentials=True)

    assert type(error) is kind
    assert words in str(error)
    assert str(error).startswith("The registry r.example ")
    assert "push m:1" in str(error)


def test_the_way_out_depends_on_whether_there_were_credentials():
    error = refusal("r.example", "push m:1", answer(401), has_credentials=False)

    assert "run 'docker login r.example'" in str(error)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"errors": [{"code": "DENIED", "message": "no."}]}', "It says: DENIED no."),
        (b"plain words\nand more", "It says: plain words."),
        (b"x" * 1000, f"It says: {'x' * 300}."),
    ],
)
def test_the_registrys_own_words(body, said):
    assert str(refusal("r", "do it", answer(400, body), has_credentials=False)).endswith(said)


def test_a_registry_that_says_nothing_is_not_quoted():
    assert "It says" not in str(refusal("r", "do it", answer(400), has_credentials=False))


def test_a_certificate_and_a_broken_line_are_told_apart():
    certificate = unreachable("r.example", MaxRetryError(None, "/", SSLError(ssl.SSLError("self-signed"))))
    line = unreachable("r.example", ProtocolError("Connection aborted."))

    assert "self-signed" in str(certificate)
    assert "PACKAGER_CA_FILE" in str(certificate)
    assert "is a proxy needed" in str(line)
