import json

import pytest
from typer.testing import CliRunner

from packager.builders.cache import BuildCache
from packager.builders.layers import Entry, write_layer
from packager.cli.main import build_app


@pytest.fixture
def cache() -> BuildCache:
    cache = BuildCache.open()
    cache.layer("key", lambda: write_layer([Entry(path="a", data=b"x")], cache.layout))
    return cache


def run(*arguments: str) -> str:
    result = CliRunner().invoke(build_app(), ["cache", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_show_says_where_it_is_and_what_is_in_it(cache):
    text = run("show")

    assert text.splitlines()[0] == str(cache.folder)
    assert "images" in text
    found = json.loads(run("show", "--json"))
    assert {each["kind"]: each["count"] for each in found["uses"]}["images"] == 2


def test_prune_keeps_what_is_young_unless_told(cache):
    assert run("prune") == "Freed 0.0 MB in 0 files.\n"
    assert json.loads(run("prune", "--older-than", "0", "--json"))["count"] == 2
