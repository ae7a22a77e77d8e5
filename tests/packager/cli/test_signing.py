"""Keys, and what is refused; tests/integration/test_signed_image.py signs and verifies."""

import json

import pytest
from typer.testing import CliRunner

from packager.cli.main import build_app
from packager.signing_keys import load_private_key
from tests.support.scripted_server import Reply, scripted

RUNNER = CliRunner()


def run(*arguments: str, said: str | None = None):
    return RUNNER.invoke(build_app(), arguments, input=said)


@pytest.fixture
def name(tmp_path) -> str:
    return str(tmp_path / "team")


def test_a_pair_with_a_password_that_is_asked_for(name):
    done = run("keys", "generate", name, said="pass\npass\n")

    assert done.exit_code == 0
    assert "Wrote " in done.stdout
    assert load_private_key(f"{name}.key", "pass")
    assert "pass\n" not in done.stdout


def test_a_pair_with_the_password_of_the_environment(name, monkeypatch):
    monkeypatch.setenv("PACKAGER_KEY_PASSWORD", "pass")
    done = run("keys", "generate", name, "--json")

    assert json.loads(done.stdout) == {"private": f"{name}.key", "public": f"{name}.pub"}
    assert load_private_key(f"{name}.key", "pass")


def test_a_pair_without_a_password(name):
    run("keys", "generate", name, "--no-password")

    assert load_private_key(f"{name}.key")


def test_an_unsigned_image_is_exit_code_three(name):
    run("keys", "generate", name, "--no-password")
    with scripted({"/v2/m/manifests/1": Reply(body=b'{"config": {}, "layers": []}')}) as server:
        done = run("verify", f"{server.address}/m:1", "--key", f"{name}.pub")

    assert done.exit_code == 3
    assert "is not signed" in done.stderr


def test_a_registry_that_is_not_there_is_exit_code_six(name):
    run("keys", "generate", name, "--no-password")
    with scripted({}) as server:
        done = run("sign", f"{server.address}/m:1", "--key", f"{name}.key")

    assert done.exit_code == 6
    assert "there is no such thing" in done.stderr


def test_the_password_of_a_key_is_asked_for(name):
    run("keys", "generate", name, said="pass\npass\n")
    with scripted({}) as server:
        wrong = run("sign", f"{server.address}/m:1", "--key", f"{name}.key", said="other\n")
        right = run("sign", f"{server.address}/m:1", "--key", f"{name}.key", said="pass\n")

    assert "its password is another one" in wrong.stderr
    assert "there is no such thing" in right.stderr
