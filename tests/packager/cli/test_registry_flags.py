import io

import pytest

from packager.cli.registry_flags import access
from packager.errors import InvalidPackageRequest
from packager.oci.credentials import Credentials


def test_without_flags_the_environment_counts(monkeypatch, tmp_path):
    monkeypatch.setenv("PACKAGER_CA_FILE", str(tmp_path / "ca.pem"))
    found = access(None, password_stdin=False, ca_file=None, http=None)

    assert found.credentials is None
    assert found.ca_file == tmp_path / "ca.pem"


def test_a_login_reads_the_password_from_stdin(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("s3cret\n"))

    found = access("ann", password_stdin=True, ca_file=None, http=None)

    assert found.credentials == Credentials(username="ann", password="s3cret")


def test_certificates_and_registries_without_tls(monkeypatch, tmp_path):
    monkeypatch.setenv("PACKAGER_HTTP_REGISTRIES", "a:1")
    found = access(None, password_stdin=False, ca_file=tmp_path / "ca.pem", http=["b:2"])

    assert found.ca_file == tmp_path / "ca.pem"
    assert found.http == {"a:1", "b:2"}


@pytest.mark.parametrize(("username", "password_stdin"), [("ann", False), (None, True)])
def test_half_a_login_is_refused(username, password_stdin):
    with pytest.raises(InvalidPackageRequest, match="belong together"):
        access(username, password_stdin, None, None)
