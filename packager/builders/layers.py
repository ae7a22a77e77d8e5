"""Files become a layer: the same bytes for the same files, whatever their order, owners, times and machine."""

import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from packager.config import source_date
from packager.errors import BuildFailed
from packager.oci.gzip_stream import GzipStream, Sink
from packager.oci.layout import ImageLayout
from packager.oci.manifest import OCI_LAYER, Descriptor

_FOLDER = 0o755
_FILE = 0o644
_PROGRAM = 0o755
_BUFFER = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file, folder or link of a layer; of `source`, `data` and `link` at most one is given, none for a folder."""

    path: str
    """In the image, with '/', without one in front."""
    source: Path | None = None
    data: bytes | None = None
    link: str = ""
    mode: int = 0
    """Permissions; 0 for the usual ones: all may read, and run what its owner may run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer in a layout."""

    descriptor: Descriptor
    diff_id: str
    """The digest of the layer before it was compressed."""
    size: int
    """Bytes of all its files."""


def folder_entries(folder: Path, at: str, stays: Callable[[Path], bool] = lambda _: False) -> Iterator[Entry]:
    """All below `folder` as entries below `at`, links as links, but for what `stays` where it is."""
    for parent, folders, files in os.walk(os.fsencode(folder)):
        folders[:] = [name for name in folders if not stays(_path(parent, name))]
        for name in (*folders, *files):
            path = _path(parent, name)
            if not stays(path):
                yield _entry(path, f"{at}/{_text(path.relative_to(folder))}".lstrip("/"))


def write_layer(entries: Iterable[Entry], layout: ImageLayout) -> Layer:
    """Keep the entries, and the folders they are in, as a layer; of two with one path the later counts.

    Files are streamed, so one may be larger than the memory. Owners are root, times are SOURCE_DATE_EPOCH or a
    constant. Raises BuildFailed for a file that cannot be read or is neither file, folder nor link.
    """
    ordered = _with_parents(entries)
    with layout.incoming() as (file, writer):
        hashed = hashlib.sha256()
        with GzipStream(writer) as packed:
            size = _write_tar(ordered, _Tee(packed, hashed.update))
        descriptor = layout.keep(file, writer, OCI_LAYER)
    return Layer(descriptor=descriptor, diff_id=f"sha256:{hashed.hexdigest()}", size=size)


class _Tee:
    """Shows what is written to somebody else."""

    def __init__(self, sink: Sink, shown: Callable[[bytes], object]) -> None:
        self._sink = sink
        self._shown = shown

    def write(self, data: bytes, /) -> int:
        self._shown(data)
        return self._sink.write(data)


def _with_parents(entries: Iterable[Entry]) -> list[Entry]:
    found = {entry.path: entry for entry in entries}
    parents = {str(parent) for path in found for parent in PurePosixPath(path).parents}
    for path in sorted(parents - found.keys() - {"."}):
        found[path] = Entry(path=path)
    return [found[path] for path in sorted(found, key=_bytes)]


def _write_tar(entries: Iterable[Entry], sink: Sink) -> int:
    size, time = 0, source_date()
    # A stream that is only written needs nothing but write().
    stream = cast(IO[bytes], sink)
    with tarfile.open(fileobj=stream, mode="w|", bufsize=_BUFFER, format=tarfile.PAX_FORMAT, encoding="utf-8") as tar:
        for entry in entries:
            header = _header(entry, time)
            with _opened(entry) as content:
                tar.addfile(header, content)
            size += header.size
    return size


def _header(entry: Entry, time: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(entry.path)
    header.mtime = time
    if entry.link:
        header.type, header.linkname, header.mode = tarfile.SYMTYPE, entry.link, 0o777
    elif entry.data is not None:
        header.size, header.mode = len(entry.data), entry.mode or _FILE
    elif entry.source is None:
        header.type, header.mode = tarfile.DIRTYPE, entry.mode or _FOLDER
    else:
        status = entry.source.stat()
        program = status.st_mode & stat.S_IXUSR
        header.size, header.mode = status.st_size, entry.mode or (_PROGRAM if program else _FILE)
    return header


def _opened(entry: Entry) -> IO[bytes]:
    if entry.source is None:
        return io.BytesIO(entry.data or b"")
    try:
        return entry.source.open("rb")
    except OSError as error:
        raise BuildFailed(f"{entry.source} cannot be put into the image: {error.strerror}.") from error


def _entry(path: Path, name: str) -> Entry:
    if path.is_symlink():
        return Entry(path=name, link=_text(path.readlink()))
    if path.is_dir():
        return Entry(path=name)
    if path.is_file():
        return Entry(path=name, source=path)
    raise BuildFailed(f"{path} cannot be put into the image: it is neither a file, a folder nor a link.")


def _path(parent: bytes, name: bytes) -> Path:
    return Path(os.fsdecode(os.path.join(parent, name)))  # noqa: PTH118 - names are bytes in any locale


def _text(path: Path) -> str:
    """Names are UTF-8 in an image, whatever the locale reads them as."""
    return os.fsencode(path).decode("utf-8", "surrogateescape")


def _bytes(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")
