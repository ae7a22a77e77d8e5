"""A base image that has, of all a builder looks for, the names."""

from packager.builders.cache import BuildCache
from packager.oci.layout import ImageLayout
from packager.oci.manifest import Descriptor, Platform
from tests.packager.oci.images import AMD64, add_image

STATUS = b"Package: libc6\nStatus: install ok installed\nVersion: 2.36-9+deb12u9\n"
PYTHON = {"usr/bin/python3.11": b"program", "usr/bin/python3": "python3.11", "bin": "usr/bin"}
DEBIAN = {**PYTHON, "usr/bin/tini": b"tini", "var/lib/dpkg/status.d/libc6": STATUS}


def add_base(layout: ImageLayout, *more: dict[str, bytes | str], platform: Platform = AMD64) -> Descriptor:
    """A Debian with Python 3.11 and tini."""
    return add_image(layout, DEBIAN, *more, platform=platform, Env=["PATH=/usr/local/bin:/usr/bin", "LANG=C.UTF-8"])


class KnownBases:
    """A source that has one base image for each platform, made when it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def fetch(self, reference: str, platform: Platform, into: ImageLayout) -> Descriptor:
        self.asked.append(f"{reference} {platform}")
        return add_base(into, platform=platform)


class BareBases:
    """Bases with nothing in them."""

    def fetch(self, reference, platform, into):
        return add_image(into, {"etc/hosts": b""}, platform=platform)


class KeptBase:
    """A source that brings what the layout lacks, and looks at sizes only."""

    def __init__(self, image) -> None:
        self.image = image

    def fetch(self, reference, platform, into):
        return self.image if into.is_whole(self.image) else add_base(into)


def cache_in(folder) -> BuildCache:
    return BuildCache.open(folder / "cache" / "images")
