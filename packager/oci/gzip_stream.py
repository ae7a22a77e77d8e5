"""Compress a stream as gzip on all processors; the bytes depend on what is written and on zlib alone."""

import os
import struct
import zlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Protocol

_LEVEL = 6
# Fixed, for other pieces are other bytes. Each is compressed by itself, knowing the end of the one before as pigz does.
_PIECE = 1 << 19
_WINDOW = 1 << 15
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_WORKERS = max(2, os.cpu_count() or 1)


class Sink(Protocol):
    """Takes bytes."""

    def write(self, data: bytes, /) -> int: ...


class GzipStream:
    """Write to it, and the sink gets gzip without name and time; the stream is whole when the block has ended."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="gzip")
        self._waiting: deque[Future[bytes]] = deque()
        self._piece = bytearray()
        self._before = b""
        self._crc = 0
        self._size = 0

    def __enter__(self) -> "GzipStream":
        self._sink.write(_HEADER)
        return self

    def write(self, data: bytes, /) -> int:
        self._crc = zlib.crc32(data, self._crc)
        self._size += len(data)
        self._piece += data
        while len(self._piece) > _PIECE:
            self._compress(bytes(self._piece[:_PIECE]), zlib.Z_SYNC_FLUSH)
            del self._piece[:_PIECE]
        return len(data)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None:
                self._compress(bytes(self._piece), zlib.Z_FINISH)
                self._pass_on(0)
                self._sink.write(struct.pack("<LL", self._crc, self._size & 0xFFFFFFFF))
        finally:
            self._pool.shutdown(cancel_futures=True)

    def _compress(self, piece: bytes, flush: int) -> None:
        self._waiting.append(self._pool.submit(_compressed, piece, self._before, flush))
        self._before = piece[-_WINDOW:]
        # So many pieces at most are in memory, however slow the sink is.
        self._pass_on(2 * _WORKERS)

    def _pass_on(self, left: int) -> None:
        while len(self._waiting) > left:
            self._sink.write(self._waiting.popleft().result())


def _compressed(piece: bytes, before: bytes, flush: int) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=before)
    return packer.compress(piece) + packer.flush(flush)
