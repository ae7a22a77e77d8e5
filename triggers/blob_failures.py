"""What is known of the blobs that were given up: a record for whoever replays them, an error file for whoever waits."""

import asyncio
import json
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime

from triggers.blob_receipts import CONTAINER
from triggers.blob_store import BlobInfo, BlobStore
from triggers.paths import BlobPath

_REFRESH_SECONDS = 60.0
_JSON = "application/json"


def failures_folder(host_id: str, function: str) -> str:
    """Where the records of a function are, in the container of the host's own data."""
    return f"blobfailures/{host_id}/Host.Functions.{function}/"


class BlobFailures:
    """The records and error files of one function."""

    def __init__(
        self, hosts_own: BlobStore, blobs: BlobStore, path: BlobPath, *, folder: str,
        error_path: BlobPath | None = None, digest: str = "",
    ) -> None:  # fmt: skip
        self._hosts_own = hosts_own
        self._blobs = blobs
        self._path = path
        self._folder = folder
        self._error_path = error_path
        self._digest = digest
        self._known: set[str] = set()
        self._read_at: float | None = None
        # Whoever asks while the names are being read waits for them.
        self._refreshing = asyncio.Lock()

    async def note(self, blob: BlobInfo, *, attempt: int, error: BaseException | None, story: str, trace: str) -> None:
        """Write the record and the error file; raises SourceUnavailable, BlobRefused or InvalidPath."""
        last = traceback.format_exception_only(error)[-1].strip() if error is not None else story
        document = {
            "message": f"Blob {blob.path!r} {story}.",
            "error": last,
            "blob": blob.path,
            "etag": blob.etag,
            "attempt": attempt,
            "packageDigest": self._digest,
            "traceId": trace,
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }
        data = json.dumps(document, indent=2, ensure_ascii=False).encode()
        await self._hosts_own.write(CONTAINER, f"{self._folder}{blob.path}", data, _JSON)
        self._known.add(blob.path)
        if self._error_path is not None:
            container, name = self._error_path.fill(self._captures(blob))
            await self._blobs.write(container, name, data, _JSON)

    async def forget(self, blob: BlobInfo, *, surely: bool = False) -> None:
        """A run succeeded: take away what tells of an earlier failure.

        `surely`: without asking whether there is any. Raises SourceUnavailable, BlobRefused or InvalidPath.
        """
        if not surely:
            await self._refresh()
            if blob.path not in self._known:
                return
        if self._error_path is not None:
            await self._blobs.delete(*self._error_path.fill(self._captures(blob)))
        await self._hosts_own.delete(CONTAINER, f"{self._folder}{blob.path}")
        self._known.discard(blob.path)

    async def close(self) -> None:
        """Let go of connections; the next use opens them again."""
        await self._hosts_own.close()

    async def _refresh(self) -> None:
        """Other instances give blobs up, too: what they noted is known a minute later."""
        async with self._refreshing:
            now = asyncio.get_running_loop().time()
            if self._read_at is not None and now - self._read_at < _REFRESH_SECONDS:
                return
            async for page in self._hosts_own.pages(CONTAINER, self._folder):
                self._known.update(info.name.removeprefix(self._folder) for info in page.blobs)
            self._read_at = now

    def _captures(self, blob: BlobInfo) -> Mapping[str, object]:
        return {"BlobTrigger": blob.path, **(self._path.match(blob.path) or {})}
