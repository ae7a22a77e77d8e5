"""Push one blob: mounted from another repository, at once, or in pieces that outlive a dropped connection."""

import io
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import IO

import urllib3

from packager.errors import AccessRefused, ImageRegistryError, NotInRegistry, RegistryUnreachable
from packager.oci.manifest import Descriptor
from packager.oci.registry import Repository
from packager.oci.transport import Call

_AT_ONCE = 1 << 20
"""A blob of up to so many bytes goes in one request."""
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
# The registry has forgotten the upload, or stands elsewhere in it than we thought.
_ASTRAY = frozenset({404, 416})
_LONGEST_WAIT = 60.0
_RANGE = re.compile(r"(?:bytes=)?0-(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobSource:
    """A blob to be pushed, and how to open its bytes."""

    descriptor: Descriptor
    open: Callable[[], IO[bytes]]

    @classmethod
    def of(cls, descriptor: Descriptor, data: bytes) -> "BlobSource":
        """A blob that is in memory."""
        return cls(descriptor=descriptor, open=lambda: io.BytesIO(data))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """An upload that has begun: where the registry wants the next bytes, and how many it has."""

    location: str
    at: int = 0
    resumed: bool = False


class _Interrupted(Exception):
    """An upload that may go on: the line broke, or the registry is busy or has lost it."""

    def __init__(self, cause: ImageRegistryError, wait: float = 0.0) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.wait = wait


class BlobUpload:
    """Brings blobs to one repository; several threads may use it."""

    def __init__(self, repository: Repository, *, chunk: int = 0) -> None:
        """`chunk`: bytes of one request at most; 0 sends a blob as one piece as long as nothing goes wrong."""
        self._repository = repository
        self._transport = repository.transport
        self._chunk = chunk

    def push(self, source: BlobSource, *, mount_from: str = "") -> int:
        """Bring a blob to the registry; bytes sent, 0 if it could be mounted from the repository `mount_from`.

        Raises one of ImageRegistryError's children when the registry refuses, or the line stays broken.
        """
        session = self._mounted(source.descriptor, mount_from)
        if session is None:
            return 0
        failures = 0
        with source.open() as stream:
            while session is not None:
                try:
                    reached = self._step(source.descriptor, stream, session)
                except _Interrupted as error:
                    failures += 1
                    if failures > self._transport.access.tries:
                        raise error.cause from error
                    time.sleep(self._wait(error, failures))
                    session = self._resumed(source.descriptor, session)
                else:
                    failures = 0
                    session = reached
        return source.descriptor.size

    def _step(self, descriptor: Descriptor, stream: IO[bytes], session: _Session) -> _Session | None:
        """Send the next piece, or end the upload: None."""
        left = descriptor.size - session.at
        if left == 0 or (session.at == 0 and left <= _AT_ONCE):
            self._finish(descriptor, _part(stream, session.at, left), left, session)
            return None
        length = min(self._chunk or left, left)
        span = {"Content-Range": f"{session.at}-{session.at + length - 1}"} if self._chunk or session.at else {}
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(length), **span}
        body = _part(stream, session.at, length)
        response = self._sent("PATCH", session.location, headers, body)
        if response.status != 202:
            raise self._failure(response)
        kept = _kept(response)
        return _Session(
            location=_location(response) or session.location,
            at=min(kept if kept > session.at else session.at + length, descriptor.size),
            resumed=session.resumed,
        )

    def _finish(self, descriptor: Descriptor, body: IO[bytes], length: int, session: _Session) -> None:
        url = f"{session.location}{'&' if '?' in session.location else '?'}digest={descriptor.digest}"
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(length)}
        response = self._sent("PUT", url, headers, body)
        if response.status in {201, 204}:
            return
        error = self._failure(response)
        if response.status == 400 and session.resumed:
            # A piece was taken twice or not at all when the line broke; from the first byte it may be right.
            raise _Interrupted(error.cause if isinstance(error, _Interrupted) else error)
        raise error

    def _sent(self, method: str, url: str, headers: Mapping[str, str], body: IO[bytes]) -> urllib3.BaseHTTPResponse:
        try:
            return self._transport.send(self._call(method, url, headers, body))
        except RegistryUnreachable as error:
            raise _Interrupted(error) from error

    def _call(self, method: str, url: str, headers: Mapping[str, str], body: IO[bytes] | None = None) -> Call:
        """A request that is not sent again by itself, because the registry may have kept a part of it."""
        return Call(
            method=method,
            url=url,
            scope=self._repository.writing,
            doing=f"take a blob of {self._repository.name}",
            headers=headers,
            body=body,
            again=False,
        )

    def _failure(self, response: urllib3.BaseHTTPResponse) -> ImageRegistryError | _Interrupted:
        error = self._transport.refusal(self._call("PUT", "", {}), response)
        if response.status in _PASSING | _ASTRAY:
            return _Interrupted(error, _asked_wait(response))
        return error

    def _mounted(self, descriptor: Descriptor, mount_from: str) -> _Session | None:
        """_begun(), with a mount that is only tried: who may push need not see the other repository."""
        if mount_from:
            with suppress(AccessRefused, NotInRegistry):
                return self._begun(descriptor, mount_from)
        return self._begun(descriptor)

    def _begun(self, descriptor: Descriptor, mount_from: str = "") -> _Session | None:
        """A new upload, or None when the registry took the blob from another repository."""
        query = f"?mount={descriptor.digest}&from={mount_from}" if mount_from else ""
        also = f" repository:{mount_from}:pull" if mount_from else ""
        call = Call(
            method="POST",
            url=self._repository.url("blobs/uploads/") + query,
            scope=self._repository.writing + also,
            doing=f"take blobs of {self._repository.name}",
            headers={"Content-Length": "0"},
        )
        response = self._transport.expect(call, 201, 202)
        return None if response.status == 201 else _Session(location=_location(response))

    def _resumed(self, descriptor: Descriptor, session: _Session) -> _Session | None:
        """Where the upload stands, or a new one if it is lost, or None if the blob has arrived after all."""
        call = replace(self._call("GET", session.location, {}), again=True)
        response = self._transport.send(call)
        if response.status == 204:
            location = _location(response) or session.location
            return _Session(location=location, at=min(_kept(response), descriptor.size), resumed=True)
        return None if self._repository.has_blob(descriptor.digest) else self._begun(descriptor)

    def _wait(self, error: _Interrupted, failures: int) -> float:
        return min(error.wait or self._transport.access.backoff * 2.0 ** (failures - 1), _LONGEST_WAIT)


class _Part(io.RawIOBase):
    """A part of a file as a file of its own."""

    def __init__(self, stream: IO[bytes], start: int, length: int) -> None:
        self._stream, self._start, self._length, self._at = stream, start, length, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence]
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # what BufferedReader hands over
        self._stream.seek(self._start + self._at)
        data = self._stream.read(min(len(buffer), self._length - self._at))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def _part(stream: IO[bytes], start: int, length: int) -> IO[bytes]:
    return io.BufferedReader(_Part(stream, start, length), 1 << 16)


def _location(response: urllib3.BaseHTTPResponse) -> str:
    return response.headers.get("Location", "")


def _kept(response: urllib3.BaseHTTPResponse) -> int:
    """How many bytes the registry has; it says `0-0` of none, too."""
    found = _RANGE.fullmatch(response.headers.get("Range", "").strip())
    last = int(found[1]) if found else 0
    return last + 1 if last else 0


def _asked_wait(response: urllib3.BaseHTTPResponse) -> float:
    asked = response.headers.get("Retry-After", "")
    return float(asked) if asked.isdecimal() else 0.0
