import shutil
import tarfile

import pytest

from packager.builders.base_debian import DebianSource
from packager.builders.base_facts import read_facts
from packager.errors import BuildFailed
from tests.packager.builders.bases import cache_in
from tests.packager.builders.debs import add_deb, add_shop
from tests.packager.oci.images import AMD64, damage

pytestmark = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")

PACKAGES = {
    "python3-minimal": {
        "usr/bin/python3.11": b"program",
        "usr/bin/python3": "python3.11",
        "usr/lib/python3.11/os.py": b"name = 'posix'\n",
        "usr/share/man/man1/python3.1": b"left out",
        "usr/share/doc/python3/copyright": b"kept",
        "usr/share/doc/python3/README": b"left out",
    },
    "libc6": {"lib/x86_64-linux-gnu/libc.so.6": b"libc"},
    "tini": {"usr/bin/tini": b"tini"},
    "ca-certificates": {
        "usr/share/ca-certificates/mozilla/B.crt": b"second\n",
        "usr/share/ca-certificates/mozilla/A.crt": b"first",
    },
    "perl-base": {"usr/bin/perl": b"left out"},
}


@pytest.fixture
def cache(tmp_path):
    return cache_in(tmp_path)


@pytest.fixture
def shop(tmp_path, monkeypatch):
    shop = add_shop(tmp_path, monkeypatch)
    for name, files in PACKAGES.items():
        add_deb(shop, name, files)
    return shop


def fetch(cache, **more):
    return DebianSource(cache=cache, **more).fetch("bookworm", AMD64, cache.layout)


def members(cache, image):
    (layer,) = cache.layout.manifest(image).layers
    with cache.layout.open_blob(layer) as blob, tarfile.open(fileobj=blob) as tar:
        return {each.name: (each, tar.extractfile(each).read() if each.isfile() else b"") for each in tar.getmembers()}


@pytest.mark.process
def test_packages_become_an_image_that_a_builder_can_use(shop, cache):
    image = fetch(cache)

    found = members(cache, image)
    assert found["lib"][0].linkname == "usr/lib"
    assert found["usr/lib/x86_64-linux-gnu/libc.so.6"][1] == b"libc"
    assert found["usr/bin/tini"][0].mode == 0o755
    assert found["usr/share/doc/python3/copyright"][0].mode == 0o644
    assert found["etc/ssl/certs/ca-certificates.crt"][1] == b"first\nsecond\n"
    assert b"nonroot:x:65532:65532" in found["etc/passwd"][1]
    assert found["tmp"][0].mode == 0o1777
    assert b"Version: 2.36-1" in found["var/lib/dpkg/status.d/libc6"][1]
    assert not {"usr/bin/perl", "usr/share/man/man1/python3.1", "usr/share/doc/python3/README"} & found.keys()
    facts = read_facts(cache.layout, image)
    assert (facts.python, facts.python_version, facts.tini, facts.glibc) == (
        "/usr/bin/python3",
        "3.11",
        "/usr/bin/tini",
        36,
    )


@pytest.mark.process
def test_an_image_is_kept_until_it_is_refreshed(shop, cache):
    first = fetch(cache)
    assert fetch(cache) == first
    add_deb(shop, "netbase", {"etc/services": b"new"})

    assert fetch(cache) == first
    assert fetch(cache, refresh=True) != first


@pytest.mark.process
def test_one_source_refreshes_once(shop, cache):
    source = DebianSource(cache=cache, refresh=True)
    first = source.fetch("bookworm", AMD64, cache.layout)
    add_deb(shop, "netbase", {"etc/services": b"new"})

    assert source.fetch("bookworm", AMD64, cache.layout) == first


@pytest.mark.process
def test_a_damaged_record_or_blob_is_made_again(shop, cache):
    first = fetch(cache)
    cache.layout.path(cache.layout.manifest(first).layers[0].digest).unlink()
    assert fetch(cache) == first

    damage(cache.layout, first)
    assert cache.layout.read(fetch(cache))


@pytest.mark.process
def test_nothing_unfinished_stays(shop, cache):
    fetch(cache)

    assert list(cache.workshop().iterdir()) == []


@pytest.mark.parametrize("suite", ["../../../x", "Bookworm", "", "a/b"])
def test_a_name_that_is_no_suites_is_refused_before_anything_is_written(tmp_path, suite):
    cache = cache_in(tmp_path)
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(BuildFailed, match="names no suite of Debian"):
        DebianSource(cache=cache).fetch(suite, AMD64, cache.layout)

    assert sorted(tmp_path.rglob("*")) == before
