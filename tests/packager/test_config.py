from pathlib import Path

from packager import config


def test_home_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("PACKAGER_HOME", str(tmp_path))
    assert config.home() == tmp_path

    monkeypatch.delenv("PACKAGER_HOME")
    assert config.home() == Path.home() / ".local/share/packager"


def test_app_root_is_known_inside_an_app_only(monkeypatch, tmp_path):
    assert config.app_root() is None

    monkeypatch.setenv("AML_APP_ROOT", str(tmp_path))
    assert config.app_root() == tmp_path


def test_colour_is_off_with_no_color(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert not config.colour_allowed()

    monkeypatch.delenv("NO_COLOR")
    assert config.colour_allowed()
