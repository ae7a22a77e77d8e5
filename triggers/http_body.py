"""A body of a request or a blob: in memory while it is small, in a temporary file when it is not."""

import io
import itertools
import os
import tempfile
from collections.abc import Iterable
from typing import IO, Any, Protocol

from triggers.asgi import Message, Receive

DEFAULT_LIMIT = 104_857_600
"""Bytes; a larger body is refused."""
_MEMORY_LIMIT = 1_048_576
"""Bytes that are kept in memory; the rest of a larger body goes to disk as it arrives."""


class BodyTooLarge(Exception):
    """The body has more bytes than the host takes."""


class ClientGone(Exception):
    """The client hung up before its whole body was here."""


class SpooledBody:
    """A body on disk; read into memory only when somebody asks for it."""

    def __init__(self, file: IO[bytes]) -> None:
        """Whatever is to be in `file` was written to it."""
        # It is read past its buffer.
        file.flush()
        self._file = file

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return os.fstat(self._file.fileno()).st_size

    def open(self) -> IO[bytes]:
        """What to read it from piece by piece: each has a position of its own, and closing it leaves the body."""
        return io.BufferedReader(_Reader(self._file))

    def read(self) -> bytes:
        """The whole body."""
        return self.open().read()

    def close(self) -> None:
        """Give the disk space back."""
        self._file.close()


class _Reader(io.RawIOBase):
    """Reads a file that others read too."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        starts = {os.SEEK_SET: 0, os.SEEK_CUR: self._position}
        start = starts[whence] if whence in starts else os.fstat(self._file.fileno()).st_size
        self._position = max(start + offset, 0)
        return self._position

    def readinto(self, buffer: Any) -> int:
        count = os.preadv(self._file.fileno(), [buffer], self._position)
        self._position += count
        return count


class Readable(Protocol):
    """Something to be read piece by piece, such as an open file."""

    def read(self, size: int = -1, /) -> bytes | str: ...


def spooled(source: Readable) -> bytes | SpooledBody:
    """All that is still to be read from `source`: on disk when it is long. Text becomes UTF-8."""
    return gathered(iter(lambda: _piece(source), b""))


def gathered(pieces: Iterable[bytes]) -> bytes | SpooledBody:
    """The pieces as one: on disk when they are long together."""
    kept: list[bytes] = []
    size = 0
    coming = iter(pieces)
    for piece in coming:
        kept.append(piece)
        size += len(piece)
        if size > _MEMORY_LIMIT:
            return _on_disk(itertools.chain(kept, coming))
    return b"".join(kept)


def _on_disk(pieces: Iterable[bytes]) -> SpooledBody:
    file = tempfile.TemporaryFile()  # noqa: SIM115 because its reader closes it
    try:
        file.writelines(pieces)
    except BaseException:  # because nobody else has the file yet
        file.close()
        raise
    return SpooledBody(file)


def _piece(source: Readable) -> bytes:
    piece = source.read(_MEMORY_LIMIT)
    return piece.encode() if isinstance(piece, str) else bytes(piece)


def whole(body: bytes | SpooledBody) -> bytes:
    """All of it in memory; what was on disk is given back."""
    if isinstance(body, bytes):
        return body
    try:
        return body.read()
    finally:
        body.close()


async def read_body(receive: Receive, limit: int = DEFAULT_LIMIT) -> bytes | SpooledBody:
    """The whole body; raises BodyTooLarge as soon as it has more than `limit` bytes, ClientGone when it never ends."""
    message = await _part(receive)
    body: bytes = message.get("body", b"")
    _check(len(body), limit)
    return body if not message.get("more_body", False) else await _rest(message, receive, limit)


async def _rest(message: Message, receive: Receive, limit: int) -> bytes | SpooledBody:
    spool = tempfile.SpooledTemporaryFile(max_size=_MEMORY_LIMIT)  # noqa: SIM115 because its reader closes it
    size = 0
    try:
        while True:
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            _check(size, limit)
            spool.write(chunk)
            if not message.get("more_body", False):
                break
            message = await _part(receive)
    except BaseException:  # because nobody else holds the spool, cancelled or not
        spool.close()
        raise
    if size > _MEMORY_LIMIT:
        return SpooledBody(spool)
    with spool:
        spool.seek(0)
        return spool.read()


async def _part(receive: Receive) -> Message:
    message = await receive()
    if message.get("type") == "http.disconnect":
        raise ClientGone
    return message


def _check(size: int, limit: int) -> None:
    if size > limit:
        raise BodyTooLarge
