"""`debian-packages:SUITE`: a base image with Python put together from Debian's packages, for any architecture.

Nothing of a package is run: its files are unpacked, and what its scripts would do for an image (the bundle of
certificates, users, links) is done here. There is no shell and no package manager in it; which packages it has is
kept for scanners in /var/lib/dpkg/status.d.
"""

import posixpath
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from packager.builders.apt import Apt
from packager.builders.base_facts import DEFAULT_PATH
from packager.builders.bytecode import compile_files, compiler_for
from packager.builders.cache import DEBIAN_BASES, BuildCache
from packager.builders.layers import Entry, folder_entries, write_layer
from packager.errors import BuildFailed
from packager.files import locked, refusals_named
from packager.oci.layout import ImageLayout
from packager.oci.manifest import OCI_CONFIG, OCI_MANIFEST, Descriptor, ImageConfig, Manifest, Platform

KIND = "debian-packages"

_PACKAGES = ("base-files", "libgomp1", "libstdc++6", "netbase", "python3", "tini", "tzdata")
# They come along for scripts that are not run here, or for people at a terminal.
_LEFT_OUT = (
    "bash", "coreutils", "debconf", "dpkg", "libacl1", "libmd0", "libpcre2-8-0", "libselinux1", "mawk",
    "perl-base", "readline-common", "tar",
)  # fmt: skip
# Its own dependency is there to make what is made here.
_ALONE = ("ca-certificates",)
_MERGED = frozenset({"bin", "lib", "lib32", "lib64", "libx32", "sbin"})
_NOT_NEEDED = (
    "usr/share/bug", "usr/share/info", "usr/share/lintian", "usr/share/locale", "usr/share/man", "usr/share/menu",
    "usr/share/pixmaps", "usr/share/applications", "usr/share/python3/runtime.d", "usr/share/zoneinfo/right",
    "usr/share/zoneinfo/posix", "usr/bin/tini-static",
)  # fmt: skip
_DOCUMENTS = "usr/share/doc/"
_CERTIFICATES = "usr/share/ca-certificates"
_BUNDLE = "etc/ssl/certs/ca-certificates.crt"
_OPEN_TO_ALL = 0o1777
_USER = 65532
_SUITE = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class DebianSource:
    """Makes base images, and keeps those it made until it is told to `refresh` them."""

    cache: BuildCache
    refresh: bool = False
    _made: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    def fetch(self, reference: str, platform: Platform, into: ImageLayout) -> Descriptor:
        """The image of a suite ("bookworm"); raises BuildFailed when its packages cannot be had."""
        if not _SUITE.fullmatch(reference):
            raise BuildFailed(
                f"The base image '{KIND}:{reference}' names no suite of Debian; write one such as '{KIND}:bookworm'."
            )
        key = f"{reference}-{platform.architecture}"
        with locked(self.cache.folder / DEBIAN_BASES / f"{key}.lock"):
            return self._kept_or_made(key, reference, platform, into)

    def _kept_or_made(self, key: str, suite: str, platform: Platform, into: ImageLayout) -> Descriptor:
        # What was made anew for the lock is what the build has to take.
        is_wanted = self.refresh and key not in self._made
        kept = None if is_wanted else self.cache.record(DEBIAN_BASES, key)
        if kept is not None:
            found = Descriptor.parse(kept, f"the record of {KIND}:{key}")
            if into.is_whole(found):
                return found
        made = self._make(suite, platform, into)
        self.cache.keep(DEBIAN_BASES, key, made.document())
        self._made.add(key)
        return made

    def _make(self, suite: str, platform: Platform, into: ImageLayout) -> Descriptor:
        with refusals_named(self.cache.folder):
            work = Path(tempfile.mkdtemp(prefix="base-", dir=self.cache.workshop()))
        try:
            apt = Apt(root=work / "apt", architecture=platform.architecture)
            apt.update(suite)
            debs = apt.download(_PACKAGES, _LEFT_OUT, _ALONE)
            tree = work / "tree"
            with refusals_named(tree):
                links = _unpack(debs, tree)
            _compile(tree)
            layer = write_layer([*_entries(tree), *links], into)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        config = ImageConfig(
            platform=platform,
            diff_ids=[layer.diff_id],
            history=[{"created_by": f"packager {KIND}:{suite}"}],
            settings={"Env": [f"PATH={DEFAULT_PATH}", f"SSL_CERT_FILE=/{_BUNDLE}", "LANG=C.UTF-8"]},
        )
        named = into.add_bytes(config.to_bytes(), OCI_CONFIG)
        return into.add_bytes(Manifest(config=named, layers=[layer.descriptor]).to_bytes(), OCI_MANIFEST)


def _unpack(debs: Iterable[Path], tree: Path) -> list[Entry]:
    """Unpack the files of packages; links, which a folder here may not be able to hold, come back as entries."""
    links: dict[str, Entry] = {}
    for deb in debs:
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE) as process:
            if process.stdout is None:
                raise BuildFailed(f"dpkg-deb gave nothing of {deb.name}.")
            links |= {link.path: link for link in _unpack_tar(process.stdout, tree)}
        if process.returncode != 0:
            raise BuildFailed(f"dpkg-deb cannot unpack {deb.name}.")
        _keep_record(deb, tree)
    return list(links.values())


def _unpack_tar(stream: IO[bytes], tree: Path) -> Iterator[Entry]:
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        for member in tar:
            name = _merged(posixpath.normpath(member.name))
            if name == "." or not _is_needed(name):
                continue
            target = tree / name
            if member.isdir():
                target.mkdir(parents=True, exist_ok=True)
            elif member.issym():
                yield Entry(path=name, link=member.linkname)
            elif member.islnk():
                shutil.copy2(tree / _merged(posixpath.normpath(member.linkname)), target)
            elif (content := tar.extractfile(member)) is not None:
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    shutil.copyfileobj(content, file)
                target.chmod(0o755 if member.mode & 0o100 else 0o644)


def _merged(name: str) -> str:
    """/bin, /lib and the like are links into /usr."""
    return f"usr/{name}" if name.partition("/")[0] in _MERGED else name


def _is_needed(name: str) -> bool:
    if name.startswith(_DOCUMENTS):
        return name.endswith("/copyright")
    return not name.startswith(_NOT_NEEDED)


def _keep_record(deb: Path, tree: Path) -> None:
    control = subprocess.run(["dpkg-deb", "--field", str(deb)], capture_output=True, text=True, check=True).stdout
    name = deb.name.partition("_")[0]
    file = tree / "var/lib/dpkg/status.d" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(control, encoding="utf-8")


def _compile(tree: Path) -> None:
    """Its scripts would compile the standard library; without, each start would."""
    for library in sorted((tree / "usr/lib").glob("python3.*")):
        compiler = compiler_for(library.name.removeprefix("python"))
        if compiler is not None:
            files = [path for path in library.rglob("*.py") if path.is_file()]
            compile_files([(file, f"/{file.relative_to(tree).as_posix()}") for file in files], compiler)


def _entries(tree: Path) -> Iterator[Entry]:
    yield from folder_entries(tree, "")
    for name in sorted(_MERGED):
        if (tree / "usr" / name).is_dir():
            yield Entry(path=name, link=f"usr/{name}")
    certificates = sorted((tree / _CERTIFICATES).rglob("*.crt"))
    yield Entry(path=_BUNDLE, data=b"".join(file.read_bytes().rstrip() + b"\n" for file in certificates))
    yield Entry(path="usr/lib/ssl/cert.pem", link=f"/{_BUNDLE}")
    yield Entry(path="etc/passwd", data=_passwd())
    yield Entry(path="etc/group", data=f"root:x:0:\nnonroot:x:{_USER}:\n".encode())
    yield Entry(path="etc/nsswitch.conf", data=b"hosts: files dns\n")
    yield from (Entry(path=name, mode=_OPEN_TO_ALL) for name in ("tmp", "var/tmp"))


def _passwd() -> bytes:
    # Its home is the one folder that it may write to, where libraries look for theirs.
    users = ("root:x:0:0:root:/root", f"nonroot:x:{_USER}:{_USER}:nonroot:/tmp")
    return "".join(f"{user}:/sbin/nologin\n" for user in users).encode()
