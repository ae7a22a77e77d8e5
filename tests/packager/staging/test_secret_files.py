import pytest

from packager.staging.secret_files import secret_files

KEY = "-----BEGIN RSA PRIVATE KEY-----\n"


@pytest.fixture
def folder(tmp_path):
    def write(name: str, text: str = "") -> None:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    for name in ("score.py", "environment.py", "src/.env.example", "keys.csv", "key"):
        write(name)
    for name in (".env", "deep/.env.local", ".ssh/id_rsa", ".aws/credentials", ".azure/token", "local.settings.json"):
        write(name)
    write("server.pem", f"-----BEGIN CERTIFICATE-----\n{KEY}")
    write("authority.pem", "-----BEGIN CERTIFICATE-----\n")
    write("deep/private.key", KEY)
    return tmp_path


def test_what_looks_like_a_secret(folder):
    assert secret_files(folder) == [
        ".aws/",
        ".azure/",
        ".env",
        ".ssh/",
        "deep/.env.local",
        "deep/private.key",
        "local.settings.json",
        "server.pem",
    ]
