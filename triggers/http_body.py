"""A request's body: in memory while it is small, in a temporary file when it is not."""

import tempfile
from typing import IO

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
        self._file = file

    def read(self) -> bytes:
        """The whole body."""
        self._file.seek(0)
        return self._file.read()

    def close(self) -> None:
        """Give the disk space back."""
        self._file.close()


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
    except BaseException:
        spool.close()
        raise
    body = SpooledBody(spool)
    if size > _MEMORY_LIMIT:
        return body
    with spool:
        return body.read()


async def _part(receive: Receive) -> Message:
    message = await receive()
    if message.get("type") == "http.disconnect":
        raise ClientGone
    return message


def _check(size: int, limit: int) -> None:
    if size > limit:
        raise BodyTooLarge
