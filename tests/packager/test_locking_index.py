import pytest

from packager.locking_index import parse_settings, pip_settings, uv_index_options


def test_variables_win_over_files():
    settings = parse_settings(
        [
            "global.index-url='https://a.example.com/simple'",
            ":env:.index-url='https://b.example.com/simple'",
            "install.find-links='/elsewhere'",
            "nonsense",
        ]
    )

    assert settings == {"index-url": "https://b.example.com/simple"}


@pytest.mark.process
def test_the_settings_are_pips_own(monkeypatch):
    monkeypatch.setenv("PIP_FIND_LINKS", "/one /two")

    assert pip_settings()["find-links"] == "/one /two"


def test_pips_settings_in_uvs_words():
    settings = {"index-url": "https://a.example.com", "no-index": "1", "find-links": "/one /two", "trusted-host": "h"}

    assert uv_index_options(settings, []) == [
        "--index-url=https://a.example.com",
        "--no-index",
        "--find-links=/one",
        "--find-links=/two",
        "--allow-insecure-host=h",
    ]


def test_lines_that_uv_does_not_read_itself():
    lines = ["--pre", "--trusted-host=h", "--trusted-host i", "--index-url https://b.example.com"]

    assert uv_index_options({"no-index": "0"}, lines) == [
        "--prerelease=allow",
        "--allow-insecure-host=h",
        "--allow-insecure-host=i",
    ]
