import shutil

import pytest

from packager.builders.apt import Apt
from packager.errors import BuildFailed
from tests.packager.builders.debs import add_deb, add_shop

pytestmark = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")


@pytest.fixture
def shop(tmp_path, monkeypatch):
    return add_shop(tmp_path, monkeypatch)


@pytest.fixture
def apt(tmp_path) -> Apt:
    return Apt(root=tmp_path / "root", architecture="arm64")


def test_apt_works_in_its_own_root_for_the_architecture(shop, apt):
    apt.update("bookworm")

    asked = (shop / "asked").read_text()
    assert "APT::Architecture=arm64" in asked
    assert f"Dir={apt.root}" in asked
    assert "Dir::Etc::sourceparts=/etc/apt/sources.list.d" in asked


def test_packages_come_with_all_but_what_is_left_out(shop, apt):
    for name in ("python3", "perl-base", "ca-certificates"):
        add_deb(shop, name, {f"usr/share/{name}": b"x"})
    apt.update("bookworm")

    debs = apt.download(["python3"], ["perl-base"], ["ca-certificates"])

    assert [deb.name.partition("_")[0] for deb in debs] == ["ca-certificates", "python3"]


def test_a_suite_that_the_sources_lack_is_named_with_theirs(shop, apt):
    with pytest.raises(BuildFailed, match="no suite 'sid' for arm64; they have bookworm, bookworm-updates"):
        apt.update("sid")


def test_what_apt_says_is_passed_on(shop, apt):
    (shop / "down").touch()

    with pytest.raises(BuildFailed, match=r"(?s)nothing can be reached.*cannot be had") as caught:
        apt.update("bookworm")

    assert "nothing can be reached" in caught.value.log


def test_a_machine_without_apt_is_told_what_to_do(apt, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BuildFailed, match=r"needs apt-get and dpkg-deb.*base_image"):
        apt.update("bookworm")


def test_lists_that_cannot_be_had_are_told_as_that(shop, apt):
    """Of which apt only warns."""
    (shop / "silent").touch()

    with pytest.raises(BuildFailed, match=r"(?s)W: Failed to fetch.*could not get all lists.*Is the network there"):
        apt.update("bookworm")
