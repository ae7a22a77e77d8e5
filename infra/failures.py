"""Read the records of blobs that were given up: what failed, when, how often, and why."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from infra.app_settings import AppSettings, app_settings
from infra.errors import NoSuchFailure
from packager.waiting import waited_for
from triggers.blob_account import find_account, open_account
from triggers.blob_failures import failures_folder
from triggers.blob_receipts import CONTAINER
from triggers.blob_store import BlobInfo, BlobStore, newest
from triggers.http_body import whole

_AT_ONCE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedBlob:
    """One blob version that a function failed for until it was given up."""

    function: str
    blob: str
    """`container/name`."""
    record: Mapping[str, object]
    """What was noted of it, as JSON values."""

    @property
    def name(self) -> str:
        return self.blob

    @property
    def etag(self) -> str:
        return str(self.record.get("etag") or "")

    @property
    def error(self) -> str:
        """The last line of the traceback."""
        return str(self.record.get("error") or "")

    @property
    def attempts(self) -> int:
        attempt = self.record.get("attempt")
        return attempt if isinstance(attempt, int) else 0

    @property
    def when(self) -> datetime:
        """When it was given up; long ago when the record does not say."""
        try:
            return datetime.fromisoformat(str(self.record.get("time")))
        except ValueError:
            return datetime.min.replace(tzinfo=UTC)

    def as_document(self) -> dict[str, object]:
        """As JSON values."""
        return {"function": self.function, **self.record, "blob": self.blob}


def failures(app: Path, *, data_dir: Path | None = None) -> list[FailedBlob]:
    """The blobs that the app's functions gave up, by function and name.

    Raises InvalidRunRequest, ConnectionNotConfigured and SourceUnavailable.
    """
    settings = app_settings(app, data_dir=data_dir)

    async def read() -> list[FailedBlob]:
        return [one async for one in failed_blobs(settings)]

    return sorted(waited_for(read()), key=lambda one: (one.function, one.blob))


def show_failure(app: Path, blob: str, *, data_dir: Path | None = None) -> list[FailedBlob]:
    """The records of the blob `container/name`, one per function that gave it up; raises NoSuchFailure."""
    found = [one for one in failures(app, data_dir=data_dir) if one.blob == blob]
    if not found:
        raise no_such_failure([blob])
    return found


def no_such_failure(names: Sequence[str]) -> NoSuchFailure:
    """For names that were given, but are in no record."""
    told = ", ".join(map(repr, names))
    return NoSuchFailure(f"No function gave up {told}; write the name as `packager poison list` shows it.")


async def failed_blobs(settings: AppSettings) -> AsyncGenerator[FailedBlob, None]:
    """Each record, in the order of functions and names."""
    folder = failures_folder(settings.host_id, "").removesuffix("/")
    async with _hosts_own(settings) as store:
        async for page in store.pages(CONTAINER, folder):
            blobs = [blob for blob in page.blobs if blob.name.startswith(folder)]
            for start in range(0, len(blobs), _AT_ONCE):
                some = blobs[start : start + _AT_ONCE]
                for found in await asyncio.gather(*(_read(store, blob, folder) for blob in some)):
                    if found is not None:
                        yield found


@asynccontextmanager
async def _hosts_own(settings: AppSettings) -> AsyncIterator[BlobStore]:
    store = open_account(find_account(settings.values, settings.account, wanted_by=settings.wanted_by)).blobs
    try:
        yield store
    finally:
        await store.close()


async def _read(store: BlobStore, blob: BlobInfo, folder: str) -> FailedBlob | None:
    """None for a record that was deleted meanwhile, because a later run succeeded, and for what is no record."""
    function, _, name = blob.name.removeprefix(folder).partition("/")
    content = await store.read(newest(blob.container, blob.name))
    try:
        record = json.loads(whole(content.data)) if content is not None else None
    except ValueError:
        return None
    return FailedBlob(function=function, blob=name, record=record) if isinstance(record, dict) else None
