"""What a base image has: its Python, its glibc, tini; read from its layers without running it."""

import posixpath
import re
import tarfile
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from typing import IO

from packager.errors import InvalidImage
from packager.oci.layout import ImageLayout
from packager.oci.manifest import Descriptor

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LINKS_AT_MOST = 20
_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_STATUS = re.compile(r"var/lib/dpkg/(?:status|status\.d/libc6)")
_PROGRAM = re.compile(r".*/python(3\.\d+)")
_LIBC = re.compile(r"^Package: libc6\n(?:.+\n)*?Version: 2\.(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseFacts:
    """What the builder asks of a base image."""

    python: str = ""
    """The program that `python3` is on its PATH: `/usr/bin/python3`; '' when there is none."""
    python_version: str = ""
    """Major and minor: `3.11`; '' when it cannot be told."""
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
            try:
                files.add(_members(blob))
            except (tarfile.TarError, EOFError, OSError) as error:
                raise InvalidImage(f"The layer {layer.digest} cannot be read: {error}.") from error
    path = layout.config(image).environment.get("PATH", DEFAULT_PATH)
    folders = [folder.strip("/") for folder in path.split(":") if folder.startswith("/")]
    python = files.program("python3", folders)
    tini = files.program("tini", [*folders, "sbin", "usr/bin"])
    return BaseFacts(
        python=f"/{python}" if python else "",
        python_version=files.version(python) if python else "",
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
        # What a layer takes away is of the layers below, in whatever order it says so.
        own: set[str] = set()
        for member, content in members:
            name = posixpath.normpath(member.name).lstrip("/")
            folder, _, last = name.rpartition("/")
            if last == _OPAQUE:
                self._remove(f"{folder}/" if folder else "", own)
                continue
            if last.startswith(_WHITEOUT):
                self._remove(posixpath.join(folder, last.removeprefix(_WHITEOUT)), own)
                continue
            own.add(name)
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

    def version(self, python: str) -> str:
        """Of the program itself, of the only one beside it, or of the only standard library; '' when none says it."""
        real = self.real(python)
        if named := _PROGRAM.fullmatch(real):
            return named[1]
        folder = re.escape(posixpath.dirname(real))
        library = re.escape(posixpath.dirname(posixpath.dirname(real)))
        for pattern in (rf"{folder}/python(3\.\d+)", rf"(?:{library}/)?lib/python(3\.\d+)/os\.py"):
            found = {match[1] for name in self._names if (match := re.fullmatch(pattern, name))}
            if len(found) == 1:
                return found.pop()
        return ""

    def _remove(self, name: str, own: Set[str]) -> None:
        """Take away a file or folder, or all that is in a folder (`folder/`, '' for the whole), but what is `own`."""
        below = name if name.endswith("/") or not name else f"{name}/"
        gone = {each for each in self._names if each == name or each.startswith(below)} - own
        self._names -= gone
        for each in gone:
            self._links.pop(each, None)


def _heads(path: str) -> Iterator[str]:
    parts = path.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts) + 1))


def _members(blob: IO[bytes]) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(fileobj=blob, mode="r|*") as tar:
        for member in tar:
            wanted = member.isfile() and _STATUS.fullmatch(posixpath.normpath(member.name).lstrip("/"))
            stream = tar.extractfile(member) if wanted else None
            yield member, stream.read() if stream is not None else b""
