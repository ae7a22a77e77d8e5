"""Have blobs run again: ask the app's host through its control queue, whether it runs now or later."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from infra.app_run import RunningFunction
from infra.app_settings import AppSettings, app_functions, app_settings
from infra.errors import InvalidRunRequest
from infra.failures import FailedBlob, failed_blobs, no_such_failure
from packager.waiting import waited_for
from triggers.blob_account import find_account, open_account
from triggers.blob_messages import BlobMessage, control_queue
from triggers.paths import BlobPath
from triggers.queue_account import open_queues

_NAMED = 20
_AT_ONCE = 32
_TRIGGER = "blobTrigger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which blob versions to run again: those that everything given here fits. Raises InvalidRunRequest for nothing."""

    failed: bool = False
    """Only those that were given up; without it, whatever is in the containers now."""
    since: datetime | None = None
    """Changed then or later; with `failed`, given up then or later."""
    match: str = ""
    """Of the name, or of `container/name`; `*` and `?` stand for any text and any character, slashes too."""
    etag: str = ""
    """With or without its quotes."""
    function: str = ""

    def __post_init__(self) -> None:
        if not (self.failed or self.since or self.match or self.etag or self.function):
            raise InvalidRunRequest(
                "Nothing says what to replay: choose failed, since, match, etag or function; match '*' is everything."
            )
        if self.since is not None and self.since.tzinfo is None:
            object.__setattr__(self, "since", self.since.astimezone())

    def takes(self, version: BlobMessage, changed: datetime) -> bool:
        """Does that version, changed or given up at that time, belong to it?"""
        path = f"{version.container}/{version.name}"
        return (
            (self.since is None or changed >= self.since)
            and (not self.match or any(fnmatchcase(text, self._pattern) for text in (version.name, path)))
            and (not self.etag or version.etag.strip('"') == self.etag.strip('"'))
            and self.takes_function(version.function)
        )

    @property
    def _pattern(self) -> str:
        """For fnmatch, to which brackets would mean something."""
        return self.match.replace("[", "[[]")

    def takes_function(self, name: str) -> bool:
        """Is it that function, or are all meant?"""
        return not self.function or name.lower() == self.function.lower()


@dataclass(slots=True, kw_only=True)
class Replay:
    """What was asked for."""

    id: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}")
    """Stands in the message of each version."""
    dry_run: bool = False
    """Was nothing asked for, but only counted?"""
    count: int = 0
    names: list[str] = field(default_factory=list)
    """The first twenty: `container/name` of a blob, or a dead letter's name."""

    def add(self, name: str) -> None:
        """One more is asked for."""
        self.count += 1
        if len(self.names) < _NAMED:
            self.names.append(name)

    def as_document(self) -> dict[str, object]:
        """As JSON values."""
        return {"id": self.id, "dry_run": self.dry_run, "count": self.count, "names": self.names}


def replay(app: Path, selection: Selection, *, dry_run: bool = False, data_dir: Path | None = None) -> Replay:
    """Have the selected versions run again by the app's host, now or when it is started next.

    A version that was overwritten or deleted by then is left out. Raises InvalidRunRequest, ConnectionNotConfigured
    and SourceUnavailable.
    """
    settings = app_settings(app, data_dir=data_dir)
    versions = _failed(settings, selection) if selection.failed else _present(settings, selection)
    return waited_for(_ask(settings, versions, Replay(dry_run=dry_run)))


def replay_failures(app: Path, blobs: Sequence[str] = (), *, asked: Replay, data_dir: Path | None = None) -> None:
    """Have the blobs `container/name` that were given up run again, by default all of them.

    Raises NoSuchFailure for a name without a record, and what `replay` raises.
    """
    settings = app_settings(app, data_dir=data_dir)

    async def run() -> None:
        found = [one async for one in failed_blobs(settings) if not blobs or one.blob in blobs]
        if unknown := sorted(set(blobs) - {one.blob for one in found}):
            raise no_such_failure(unknown)
        await _ask(settings, _each(found), asked)

    waited_for(run())


async def _ask(settings: AppSettings, versions: AsyncIterator[BlobMessage], asked: Replay) -> Replay:
    """Put a message per version into the host's queue, some at a time."""
    queues = open_queues(settings.values, settings.account, wanted_by=settings.wanted_by)
    queue = control_queue(settings.host_id)
    sending: set[asyncio.Task[None]] = set()
    try:
        async for version in versions:
            asked.add(version.blob.path)
            if not asked.dry_run:
                message = replace(version, replay=asked.id)
                sending.add(asyncio.create_task(queues.send(queue, message.encode())))
            if len(sending) >= _AT_ONCE:
                await asyncio.gather(*sending)
                sending.clear()
        await asyncio.gather(*sending)
    finally:
        # When one fails, the others are still on their way.
        await asyncio.gather(*sending, return_exceptions=True)
        await queues.close()
    return asked


async def _failed(settings: AppSettings, selection: Selection) -> AsyncIterator[BlobMessage]:
    async with aclosing(failed_blobs(settings)) as found:
        async for one in found:
            version = _message(one)
            if selection.takes(version, one.when):
                yield version


async def _each(found: Sequence[FailedBlob]) -> AsyncIterator[BlobMessage]:
    for one in found:
        yield _message(one)


def _message(failed: FailedBlob) -> BlobMessage:
    container, _, name = failed.blob.partition("/")
    return BlobMessage(function=failed.function, container=container, name=name, etag=failed.etag)


async def _present(settings: AppSettings, selection: Selection) -> AsyncIterator[BlobMessage]:
    for function in _chosen(settings, selection):
        path = BlobPath.parse_trigger(function.trigger.option("path"))
        wanted_by = f"the blob trigger of function {function.name!r}"
        connection = find_account(settings.values, function.trigger.option("connection"), wanted_by=wanted_by)
        store = open_account(connection).blobs
        matches = path.matcher().fullmatch
        try:
            async for page in store.pages(path.container, path.prefix):
                for blob in page.blobs:
                    version = BlobMessage(
                        function=function.name, container=blob.container, name=blob.name, etag=blob.etag
                    )
                    if matches(blob.path) and selection.takes(version, blob.last_modified):
                        yield version
        finally:
            await store.close()


def _chosen(settings: AppSettings, selection: Selection) -> list[RunningFunction]:
    waiting = [one for one in app_functions(settings) if one.trigger.type.lower() == _TRIGGER.lower()]
    chosen = [one for one in waiting if selection.takes_function(one.name)]
    if not chosen:
        known = ", ".join(one.name for one in waiting) or "none"
        wanted = f"function {selection.function!r} with a blob trigger" if selection.function else "blob trigger"
        raise InvalidRunRequest(f"The app {settings.app} has no {wanted}; those with one are: {known}.")
    return chosen
