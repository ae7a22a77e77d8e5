import base64
import ssl
from dataclasses import replace

import pytest
import trustme

from packager.errors import ImageRegistryError, RegistryUnreachable
from packager.oci.connecting import Connections, RegistryAccess
from packager.oci.credentials import Credentials
from packager.oci.reference import ImageReference
from packager.oci.registry import Repository
from tests.packager.oci.registries import access, repository
from tests.support.scripted_server import Reply, scripted

ANN = Credentials(username="ann", password="x")

DIGEST = f"sha256:{'a' * 64}"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def tls(authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


def test_a_registry_elsewhere_is_spoken_to_with_tls():
    assert Connections("r.example", access()).address() == "https://r.example/"
    assert Connections("docker.io", access()).address() == "https://index.docker.io/"


def test_a_registry_on_the_loopback_may_have_no_tls():
    with scripted([]) as server:
        assert Connections(server.address, access()).address() == f"http://{server.address}/"


def test_a_registry_on_the_loopback_may_have_tls(tls):
    with scripted([], tls) as server:
        assert Connections(server.address, access()).address() == f"https://{server.address}/"


def test_a_line_that_breaks_at_first_is_not_taken_for_tls():
    with scripted([], breaks=1) as server:
        assert Connections(server.address, access()).address() == f"http://{server.address}/"


def test_a_certificate_of_an_unknown_authority_is_refused_at_once(tls):
    with (
        scripted([], tls) as server,
        pytest.raises(RegistryUnreachable, match=r"certificate of the registry 127\.0\.0\.1:\d+ is not trusted"),
    ):
        repository(server.address).has_blob(DIGEST)

    assert server.lines == []


def test_a_given_authority_is_trusted(tls, authority, tmp_path):
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    with scripted([Reply()], tls) as server:
        trusting = RegistryAccess(stored=lambda _: None, ca_file=file, http=frozenset())
        there = Repository(repository(server.address).reference, trusting)

        assert there.has_blob(DIGEST)


def test_the_environment_names_the_authority(monkeypatch, tmp_path):
    monkeypatch.setenv("PACKAGER_CA_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("PACKAGER_HTTP_REGISTRIES", "r.example")

    assert RegistryAccess().ca_file == tmp_path / "ca.pem"
    assert RegistryAccess().http == {"r.example"}


def test_certificates_that_cannot_be_read_are_named(tmp_path):
    file = tmp_path / "ca.pem"
    with pytest.raises(ImageRegistryError, match=r"ca\.pem, cannot be read as PEM"):
        Connections("r.example", RegistryAccess(ca_file=file))
    file.write_text("no certificate")
    with pytest.raises(ImageRegistryError, match=r"ca\.pem, cannot be read as PEM"):
        Connections("r.example", RegistryAccess(ca_file=file))


def test_nobody_there_is_an_error_with_the_way_out():
    with scripted([]) as server:
        pass
    with pytest.raises(RegistryUnreachable, match=r"127\.0\.0\.1:\d+ cannot be reached"):
        repository(server.address).has_blob(DIGEST)


def test_a_proxy_is_used_where_the_environment_names_one(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://user:pass@proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inside.example")
    connections = Connections("r.example", access())

    proxied = connections.pool("https://r.example/v2/")

    assert str(proxied.proxy) == "http://proxy.example:3128"
    assert "proxy-authorization" in proxied.proxy_headers
    assert connections.pool("https://r.example/v2/") is proxied
    assert connections.pool("https://inside.example/v2/").proxy is None
    assert connections.pool("https://127.0.0.1:1/v2/").proxy is None


def test_a_request_that_may_not_be_sent_again_is_not():
    connections = Connections("r.example", access(tries=7))

    assert connections.retry(again=True).read == 7
    assert connections.retry(again=False).read == 0


def test_given_credentials_come_before_stored_ones():
    stored = RegistryAccess(stored=lambda registry: Credentials(username=registry))

    assert stored.credentials_for("r.example") == Credentials(username="r.example")
    assert RegistryAccess(credentials=ANN, stored=stored.stored).credentials_for("r.example") == ANN


def test_requests_go_through_the_proxy(monkeypatch):
    with scripted([Reply(), Reply()]) as proxy:
        monkeypatch.setenv("http_proxy", f"http://ann:s3cret@{proxy.address}")
        monkeypatch.delenv("no_proxy", raising=False)
        there = Repository(
            ImageReference.parse("registry.test/m"), replace(access(), http=frozenset({"registry.test"}))
        )

        assert there.has_blob(DIGEST)

    assert proxy.lines[1].startswith("HEAD http://registry.test/v2/m/blobs/sha256:")
    assert proxy.asked[1].headers["Proxy-Authorization"] == "Basic " + base64.b64encode(b"ann:s3cret").decode()
