import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.emulators import npm
from infra.errors import EmulatorUnavailable

INSTALLS = """#!/bin/sh
echo "$@" >> "$CALLS"
while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/node_modules/azurite"
"""
FAILS = """#!/bin/sh
while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/node_modules/azurite"
echo "ENOTFOUND the registry" >&2
exit 4
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "calls"
    monkeypatch.setenv("CALLS", str(path))
    return path


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    path = folder / "bin" / "npm"
    path.parent.mkdir()
    path.write_text(script)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")


def test_package_is_installed_once(tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, monkeypatch, INSTALLS)

    first = npm.installed("azurite", "1.2.3", tmp_path)
    second = npm.installed("azurite", "1.2.3", tmp_path)

    assert first == second == tmp_path / "azurite-1.2.3" / "node_modules" / "azurite"
    assert first.is_dir()
    assert len(calls.read_text().splitlines()) == 1
    assert calls.read_text().rstrip().endswith("azurite@1.2.3")


def test_two_at_once_install_once(tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, monkeypatch, INSTALLS)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: npm.installed("azurite", "1.2.3", tmp_path), range(4)))

    assert len(set(found)) == 1
    assert len(calls.read_text().splitlines()) == 1


def test_versions_live_side_by_side(tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, monkeypatch, INSTALLS)

    assert npm.installed("azurite", "1", tmp_path) != npm.installed("azurite", "2", tmp_path)
    assert len(calls.read_text().splitlines()) == 2


def test_failed_installation_says_why_and_leaves_nothing_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, monkeypatch, FAILS)

    with pytest.raises(EmulatorUnavailable, match=r"azurite@1\.2\.3 .*exit code 4.*ENOTFOUND the registry"):
        npm.installed("azurite", "1.2.3", tmp_path)
    assert not (tmp_path / "azurite-1.2.3").exists()


def test_missing_npm_names_the_way_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EmulatorUnavailable, match=r"`npm`, which is not on the PATH; .*apt-get install nodejs npm"):
        npm.installed("azurite", "1.2.3", tmp_path)
