from pathlib import Path

import pytest

from packager import config
from packager.errors import InvalidPackageRequest


def test_home_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("PACKAGER_HOME", str(tmp_path))
    assert config.home() == tmp_path

    monkeypatch.delenv("PACKAGER_HOME")
    assert config.home() == Path.home() / ".local/share/packager"


def test_the_cache_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("PACKAGER_CACHE", str(tmp_path))
    assert config.cache() == tmp_path

    monkeypatch.delenv("PACKAGER_CACHE")
    assert config.cache() == Path.home() / ".cache/packager"


def test_the_time_of_images_follows_the_environment(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert config.source_date() == 1_577_836_800

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert config.source_date() == 0


@pytest.mark.parametrize("text", ["now", "-1", "1.5", "9" * 20])
def test_a_time_that_is_none_is_refused(monkeypatch, text):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)

    with pytest.raises(InvalidPackageRequest, match=f"SOURCE_DATE_EPOCH is '{text}'"):
        config.source_date()


def test_app_root_is_known_inside_an_app_only(monkeypatch, tmp_path):
    assert config.app_root() is None

    monkeypatch.setenv("AML_APP_ROOT", str(tmp_path))
    assert config.app_root() == tmp_path


def test_colour_is_off_with_no_color(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert not config.colour_allowed()

    monkeypatch.delenv("NO_COLOR")
    assert config.colour_allowed()


def test_where_registries_find_credentials_and_certificates(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("PACKAGER_CA_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("PACKAGER_HTTP_REGISTRIES", "registry.test:5000, other.test,")
    assert config.docker_config() == tmp_path
    assert config.registry_ca_file() == tmp_path / "ca.pem"
    assert config.http_registries() == {"registry.test:5000", "other.test"}

    for name in ("DOCKER_CONFIG", "PACKAGER_CA_FILE", "PACKAGER_HTTP_REGISTRIES"):
        monkeypatch.delenv(name)
    assert config.docker_config() == Path.home() / ".docker"
    assert config.registry_ca_file() is None
    assert config.http_registries() == frozenset()


def test_the_password_of_keys(monkeypatch):
    assert config.key_password() is None

    monkeypatch.setenv("PACKAGER_KEY_PASSWORD", "")
    assert config.key_password() == ""


def test_who_proves(monkeypatch):
    monkeypatch.delenv("PACKAGER_PROVER")
    assert config.prover() == "local"
    monkeypatch.setenv("PACKAGER_PROVER", "mine")
    assert config.prover() == "mine"
