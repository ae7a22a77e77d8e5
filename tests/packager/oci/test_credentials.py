import base64
import json
import os
from pathlib import Path

import pytest

from packager.errors import ImageRegistryError
from packager.oci.credentials import Credentials, docker_credentials

SECRET = "h0rse-battery"
HUB = "https://index.docker.io/v1/"
GOOD = (
    'read asked; echo "{\\"ServerURL\\": \\"$asked\\", \\"Username\\": \\"ann\\", \\"Secret\\": \\"h0rse-battery\\"}"'
)


def entry(username: str = "ann", password: str = SECRET) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{username}:{password}".encode()).decode()}


@pytest.fixture
def configured(tmp_path):
    def write(settings: object) -> Path:
        (tmp_path / "config.json").write_text(settings if isinstance(settings, str) else json.dumps(settings))
        return tmp_path

    return write


@pytest.fixture
def helper(tmp_path, monkeypatch):
    """Puts a script on the PATH as `docker-credential-NAME`."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def make(name: str, script: str) -> None:
        file = folder / f"docker-credential-{name}"
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    return make


def test_without_a_configuration_there_are_none(tmp_path):
    assert docker_credentials("r.example", tmp_path) is None


@pytest.mark.parametrize(
    ("key", "registry"),
    [
        ("r.example", "r.example"),
        ("localhost:5000", "localhost:5000"),
        ("https://r.example/v1/", "r.example"),
        ("r.example/some/path", "r.example"),
        (HUB, "docker.io"),
    ],
)
def test_the_file_itself(configured, key, registry):
    found = docker_credentials(registry, configured({"auths": {key: entry()}}))

    assert found == Credentials(username="ann", password=SECRET)
    assert docker_credentials("other.example", configured({"auths": {key: entry()}})) is None


def test_an_identity_token(configured):
    folder = configured({"auths": {"r.example": {"identitytoken": SECRET}}})

    assert docker_credentials("r.example", folder) == Credentials(identity_token=SECRET)


def test_the_environment_names_the_folder(configured, monkeypatch):
    monkeypatch.setenv("DOCKER_CONFIG", str(configured({"auths": {"r.example": entry()}})))

    assert docker_credentials("r.example") == Credentials(username="ann", password=SECRET)


def test_a_helper_for_the_registry_comes_before_the_store_and_the_file(configured, helper):
    helper("mine", GOOD)
    helper("store", "exit 1")
    folder = configured(
        {"credHelpers": {"r.example": "mine"}, "credsStore": "store", "auths": {"r.example": entry("bob")}}
    )

    assert docker_credentials("r.example", folder) == Credentials(username="ann", password=SECRET)


def test_a_store_that_knows_nothing_leaves_it_to_the_file(configured, helper):
    helper("store", "echo 'credentials not found in native keychain'; exit 1")
    folder = configured({"credsStore": "store", "auths": {"r.example": entry("bob")}})

    assert docker_credentials("r.example", folder) == Credentials(username="bob", password=SECRET)
    assert docker_credentials("other.example", folder) is None


def test_a_helper_is_asked_for_dockers_hub_by_its_old_address(configured, helper):
    helper("store", f'read asked; [ "$asked" = {HUB} ] || exit 1; echo \'{{"Username": "ann", "Secret": "s"}}\'')

    found = docker_credentials("docker.io", configured({"credsStore": "store"}))

    assert found == Credentials(username="ann", password="s")


def test_a_helper_may_give_an_identity_token(configured, helper):
    helper("store", """echo '{"Username": "<token>", "Secret": "t"}'""")

    assert docker_credentials("r.example", configured({"credsStore": "store"})) == Credentials(identity_token="t")


@pytest.mark.parametrize("script", [f"echo {SECRET}; exit 2", f"echo {SECRET}", f"echo '[\"{SECRET}\"]'"])
def test_a_helper_that_fails_is_named_and_its_words_are_not_shown(configured, helper, script):
    helper("store", script)

    with pytest.raises(ImageRegistryError, match=r"docker-credential-store.*gave nothing") as refused:
        docker_credentials("r.example", configured({"credsStore": "store"}))

    assert SECRET not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_helper_that_is_not_installed_is_named(configured):
    with pytest.raises(
        ImageRegistryError, match=r"'docker-credential-nowhere' for r\.example, which is not on the PATH"
    ):
        docker_credentials("r.example", configured({"credsStore": "nowhere"}))


@pytest.mark.parametrize("auth", ["not base64", base64.b64encode(b"no-colon").decode()])
def test_a_damaged_entry_is_named_without_its_value(configured, auth):
    with pytest.raises(ImageRegistryError, match=r"r\.example.*run 'docker login r\.example' again") as refused:
        docker_credentials("r.example", configured({"auths": {"r.example": {"auth": auth}}}))

    assert auth not in str(refused.value)


def test_a_damaged_file_is_named(configured):
    with pytest.raises(ImageRegistryError, match=r"config\.json cannot be read"):
        docker_credentials("r.example", configured("{"))


def test_secrets_are_not_shown():
    credentials = Credentials(username="ann", password=SECRET, identity_token=SECRET)

    assert SECRET not in repr(credentials)
    assert credentials.basic == "Basic " + base64.b64encode(f"ann:{SECRET}".encode()).decode()
