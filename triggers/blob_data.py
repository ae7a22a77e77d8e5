"""What a function gives for a blob: text, bytes, or a file that is too long to be held in memory."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

from triggers.blob_store import Payload
from triggers.http_body import SpooledBody, spooled

# Longer outputs are taken at their first and last character's word.
_LONGEST_PARSED = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobData:
    """What to write."""

    payload: Payload
    content_type: str


@contextlib.asynccontextmanager
async def blob_data(value: object, path: str) -> AsyncIterator[BlobData]:
    """The value as BlobStore.write takes it; what is long waits on disk inside the block.

    Raises TypeError for what is neither text nor bytes nor has a method `read`.
    """
    data = await _data(value, path)
    if isinstance(data, bytes):
        yield BlobData(payload=data, content_type=content_type(data))
        return
    try:
        with data.open() as file:
            yield BlobData(payload=file, content_type=content_type(data))
    finally:
        data.close()


async def _data(value: object, path: str) -> bytes | SpooledBody:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, SpooledBody):
        return value
    if callable(getattr(value, "read", None)):
        # User code, which may take its time.
        return await asyncio.to_thread(spooled, value)  # type: ignore[arg-type]  # because of the check above
    raise TypeError(f"The blob output {path!r} got a {type(value).__name__}; return text, bytes, or an open file.")


def content_type(data: bytes | SpooledBody) -> str:
    """`application/json` for JSON text, else `application/octet-stream`."""
    return "application/json" if _is_json(data) else "application/octet-stream"


def _is_json(data: bytes | SpooledBody) -> bool:
    start, end = (data[:64], data[-64:]) if isinstance(data, bytes) else _ends(data)
    if (len(data) if isinstance(data, bytes) else data.size) > _LONGEST_PARSED:
        return (start.lstrip()[:1], end.rstrip()[-1:]) in {(b"{", b"}"), (b"[", b"]")}
    try:
        json.loads(data if isinstance(data, bytes) else data.read())
    except ValueError:
        return False
    return True


def _ends(data: SpooledBody) -> tuple[bytes, bytes]:
    with data.open() as file:
        start = file.read(64)
        file.seek(max(data.size - 64, 0))
        return start, file.read(64)
