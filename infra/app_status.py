"""How an app's blob triggers stand: read from its storage, and from its host where one runs."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from infra.app_run import RunningFunction, data_folder
from infra.app_run import find as find_run
from infra.app_settings import AppSettings, app_functions, app_settings
from infra.errors import InvocationFailed, NotRunning, RunTimedOut
from infra.numbers import Numbers, read_numbers
from packager.waiting import waited_for
from triggers.blob_account import find_account, open_account
from triggers.blob_cursor import BlobCursor
from triggers.blob_failures import failures_folder
from triggers.blob_messages import POISON_QUEUE, control_queue
from triggers.blob_receipts import CONTAINER, BlobReceipts
from triggers.blob_store import BlobAccount, BlobInfo, BlobStore
from triggers.paths import BlobPath
from triggers.queue_account import open_queues

_AT_ONCE = 32
_TRIGGER = "blobtrigger"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionStatus:
    """How one blob function stands."""

    name: str
    path: str
    searched_until: datetime | None
    """All blobs that changed before are answered, given up, or handed over; None while the first search goes on."""
    given_up: int
    """Blobs with a failure record: their last attempt failed, and no later run succeeded."""
    poison_messages: int
    """About how many are in the poison queue beside the blobs, which the functions of an account share."""
    pending: int | None = None
    """Blob versions that nobody has begun with; None unless they were counted."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """What its running host tells, by the names of /metrics without `functions_`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppStatus:
    """How an app's blob functions stand."""

    app: Path
    host_id: str
    url: str
    """Of the running host that was asked; empty when none was."""
    queued: int
    """About how many blob versions are in the control queue: for another instance, or for their next attempt."""
    functions: tuple[FunctionStatus, ...]

    def as_document(self) -> dict[str, object]:
        """As JSON values."""
        functions = [
            {**asdict(one), "searched_until": one.searched_until and one.searched_until.isoformat()}
            for one in self.functions
        ]
        return {**asdict(self), "app": str(self.app), "functions": functions}


def status(app: Path, *, count: bool = False, url: str = "", data_dir: Path | None = None) -> AppStatus:
    """How the app's blob functions stand, whether a host runs or not; `count` lists containers to count what waits.

    The numbers of the host at `url` are added, or of the app's local run if it runs now. Raises InvalidRunRequest,
    ConnectionNotConfigured, SourceUnavailable and, for a URL that was given, what `read_numbers` raises.
    """
    settings = app_settings(app, data_dir=data_dir)
    functions = [one for one in app_functions(settings) if one.trigger.type.lower() == _TRIGGER]
    asked, numbers = _numbers(url, data_dir or data_folder(app))

    async def read() -> AppStatus:
        own = open_account(find_account(settings.values, settings.account, wanted_by=settings.wanted_by))
        try:
            found = [await _function(settings, one, own, numbers.get(one.name, {}), count=count) for one in functions]
        finally:
            await own.ledger.close()
            await own.blobs.close()
        queued = await _waiting(settings, settings.account, control_queue(settings.host_id))
        return AppStatus(
            app=settings.app, host_id=settings.host_id, url=asked, queued=queued, functions=tuple(found)
        )  # fmt: skip

    return waited_for(read())


def _numbers(url: str, folder: Path) -> tuple[str, Numbers]:
    """Whom we asked, and what the answer was; a local run that tells nothing is no failure."""
    if url:
        return url, read_numbers(url)
    try:
        run = find_run(folder.resolve())
        return run.url, read_numbers(run.url)
    except (NotRunning, InvocationFailed, RunTimedOut):
        return "", {}


async def _function(
    settings: AppSettings, function: RunningFunction, own: BlobAccount, numbers: Mapping[str, float], *, count: bool
) -> FunctionStatus:
    path = BlobPath.parse_trigger(function.trigger.option("path"))
    connection, wanted_by = function.trigger.option("connection"), f"the blob trigger of function {function.name!r}"
    store = open_account(find_account(settings.values, connection, wanted_by=wanted_by)).blobs
    cursor = BlobCursor(own.blobs, host_id=settings.host_id, account=store.account, container=path.container)
    receipts = BlobReceipts(own.ledger, host_id=settings.host_id, function=function.name)
    folder = failures_folder(settings.host_id, function.name)
    try:
        return FunctionStatus(
            name=function.name,
            path=path.text,
            searched_until=await cursor.load(),
            given_up=len(await _names(own.blobs, folder)),
            poison_messages=await _waiting(settings, connection, POISON_QUEUE),
            pending=await _pending(path, store, receipts, own.blobs) if count else None,
            numbers=numbers,
        )
    finally:
        await store.close()


async def _waiting(settings: AppSettings, connection: str, queue: str) -> int:
    queues = open_queues(settings.values, connection, wanted_by=settings.wanted_by)
    try:
        return await queues.count(queue)
    finally:
        await queues.close()


async def _names(store: BlobStore, folder: str) -> set[str]:
    return {blob.name async for page in store.pages(CONTAINER, folder) for blob in page.blobs}


async def _pending(path: BlobPath, store: BlobStore, receipts: BlobReceipts, hosts_own: BlobStore) -> int:
    """Versions without a receipt: two listings tell, and the ledger is asked only for what seems to have none."""
    since = (await receipts.beginning()).start_from
    noted = await _names(hosts_own, f"{receipts.folder}/")
    matches = path.matcher().fullmatch
    pending = 0
    async for page in store.pages(path.container, path.prefix):
        seeming = [
            blob
            for blob in page.blobs
            if receipts.name(blob) not in noted
            and matches(blob.path)
            and (since is None or blob.last_modified >= since)
        ]
        pending += await _without_receipt(seeming, receipts)
    return pending


async def _without_receipt(blobs: list[BlobInfo], receipts: BlobReceipts) -> int:
    """A folder's listing has other names than its ledger; and some were noted since the listing."""
    found = 0
    for start in range(0, len(blobs), _AT_ONCE):
        some = blobs[start : start + _AT_ONCE]
        found += (await asyncio.gather(*(receipts.is_noted(blob) for blob in some))).count(False)
    return found
