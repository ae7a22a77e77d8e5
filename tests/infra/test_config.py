from pathlib import Path

import pytest

from infra.config import cache_folder, environment


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
