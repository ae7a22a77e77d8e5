from pathlib import Path

import pytest

from infra.config import cache_folder, deployments_folder, environment, image_registry, lent


def test_cache_folder_is_the_one_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACKAGER_CACHE", str(tmp_path / "cache"))

    assert cache_folder() == tmp_path / "cache"
    assert (tmp_path / "cache").is_dir()


def test_cache_folder_defaults_to_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PACKAGER_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert cache_folder() == tmp_path / ".cache" / "packager"


def test_environment_is_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLOUR", "red")
    copy = environment()
    monkeypatch.setenv("COLOUR", "blue")

    assert copy["COLOUR"] == "red"


def test_where_deployments_are_and_images_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PACKAGER_DEPLOYMENTS", raising=False)
    monkeypatch.delenv("PACKAGER_PUBLISH_TO", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert deployments_folder() == tmp_path / ".functions-packager" / "deployments"
    assert image_registry() == ""

    monkeypatch.setenv("PACKAGER_DEPLOYMENTS", str(tmp_path / "there"))
    monkeypatch.setenv("PACKAGER_PUBLISH_TO", "r.example")
    assert (deployments_folder(), image_registry()) == (tmp_path / "there", "r.example")


def test_what_is_lent_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLOUR", "red")
    monkeypatch.delenv("SHAPE", raising=False)

    with lent({"COLOUR": "blue", "SHAPE": "round"}):
        assert (environment()["COLOUR"], environment()["SHAPE"]) == ("blue", "round")

    assert environment()["COLOUR"] == "red"
    assert "SHAPE" not in environment()
