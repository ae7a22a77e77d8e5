"""What a base image has: its Python, its glibc, tini; read from its layers without running it."""

import posixpath
import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from packager.errors import InvalidImage
from packager.oci.layout import ImageLayout
from packager.oci.manifest import Descriptor

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LINKS_AT_MOST = 20
_WHITEOUT = ".wh."
_STATUS = re.compile(r"var/lib/dpkg/(?:status|status\.d/libc6)")
_LIBC = re.compile(r"^Package: libc6\n(?:.+\n)*?Version: 2\.(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseFacts:
    """What the builder asks of a base image."""

    python: str = ""
    """The program that `python3` is on its PATH: `/usr/bin/python3`; '' when there is none."""
    python_version: str = ""
    """Major and minor: `3.11`."""
    tini: str = ""
    """Where tini is, if it is there."""
    size: int = 0
    """Bytes of the files in all layers."""
    glibc: int | None = None
    """The minor version, if Debian's package records say it: 36 for 2.36."""


def read_facts(layout: ImageLayout, manifest: Descriptor) -> BaseFacts:
    """Look through the layers of an image; raises InvalidImage when they cannot be read."""
    image = layout.manifest(manifest)
    files = _Files()
    for layer in image.layers:
        with layout.open_blob(layer) as blob:
            files.add(_members(blob, layer))
    path = layout.config(image).environment.get("PATH", DEFAULT_PATH)
    folders = [folder.strip("/") for folder in path.split(":") if folder.startswith("/")]
    python = files.program("python3", folders)
    version = re.fullmatch(r".*/python(3\.\d+)", files.real(python)) if python else None
    tini = files.program("tini", [*folders, "sbin", "usr/bin"])
    return BaseFacts(
        python=f"/{python}" if version else "",
        python_version=version[1] if version else "",
        tini=f"/{tini}" if tini else "",
        size=files.size,
        glibc=files.glibc,
    )


class _Files:
    """The names that all layers leave, with where links point and what was read on the way."""

    def __init__(self) -> None:
        self._links: dict[str, str] = {}
        self._names: set[str] = set()
        self.size = 0
        self.glibc: int | None = None

    def add(self, members: Iterable[tuple[tarfile.TarInfo, bytes]]) -> None:
        for member, content in members:
            name = posixpath.normpath(member.name).lstrip("/")
            folder, _, last = name.rpartition("/")
            if last.startswith(_WHITEOUT):
                self._remove(posixpath.join(folder, last.removeprefix(_WHITEOUT)))
                continue
            self._names.add(name)
            self.size += member.size
            self._links.pop(name, None)
            if member.issym():
                self._links[name] = member.linkname
            elif member.islnk():
                self._links[name] = f"/{member.linkname.lstrip('/')}"
            if found := _LIBC.search(content.decode(errors="replace")):
                self.glibc = int(found[1])

    def program(self, name: str, folders: Iterable[str]) -> str:
        """The first path to a program of that name, '' when there is none."""
        paths = (f"{folder}/{name}" for folder in folders)
        return next((path for path in paths if self.real(path) in self._names), "")

    def real(self, path: str) -> str:
        """Where links lead to, step by step from the top."""
        for _ in range(_LINKS_AT_MOST):
            for end in _heads(path):
                if end in self._links:
                    target = posixpath.join("/", posixpath.dirname(end), self._links[end])
                    path = posixpath.normpath(f"{target}{path[len(end) :]}").lstrip("/")
                    break
            else:
                return path
        return path

    def _remove(self, name: str) -> None:
        gone = {each for each in self._names if each == name or each.startswith(f"{name}/")}
        self._names -= gone
        for each in gone:
            self._links.pop(each, None)


def _heads(path: str) -> Iterator[str]:
    parts = path.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts) + 1))


def _members(blob: IO[bytes], layer: Descriptor) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    try:
        with tarfile.open(fileobj=blob, mode="r|*") as tar:
            for member in tar:
                wanted = member.isfile() and _STATUS.fullmatch(posixpath.normpath(member.name).lstrip("/"))
                stream = tar.extractfile(member) if wanted else None
                yield member, stream.read() if stream is not None else b""
    except (tarfile.TarError, EOFError, OSError) as error:
        raise InvalidImage(f"The layer {layer.digest} cannot be read: {error}.") from error
