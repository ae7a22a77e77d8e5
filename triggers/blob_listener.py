"""Put the parts of a blob trigger together: what it watches, what it notes, and how blobs come to their end."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from triggers.blob_account import HOST_SETTING, find_account, host_account, open_account
from triggers.blob_app_note import AppNote
from triggers.blob_events import BlobEvents
from triggers.blob_failures import BlobFailures, failures_folder
from triggers.blob_finder import BlobFinder
from triggers.blob_hub import LOCK, BlobHub, Inbox
from triggers.blob_output import DIGEST_SETTING
from triggers.blob_pace import BlobPace
from triggers.blob_proof import BlobProof
from triggers.blob_receipts import CONTAINER, BlobReceipts
from triggers.blob_search import BlobSearch
from triggers.blob_settling import BlobSettling
from triggers.blob_source import BlobParts, BlobSource
from triggers.blob_spill import BlobSpill
from triggers.blob_store import BlobAccount, BlobStore
from triggers.blob_targets import OF_EACH_BLOB, OF_EACH_EVENT, refuse_loop, refuse_same, refuse_unknown_names
from triggers.blob_waiting import WaitingLine
from triggers.connections import Connection
from triggers.contract import Binding, Listener, ListenerContext
from triggers.errors import InvalidOptions
from triggers.event_grid_webhook import EventGridWebhook
from triggers.paths import BlobPath
from triggers.polling import PollingListener
from triggers.queue_account import check_queue_name, open_queues
from triggers.queue_settings import read_queue_settings
from triggers.queue_source import QueueSource
from triggers.queue_store import QueueStore
from triggers.timespan import parse_timespan

_CONCURRENCY_PER_CPU = 8
_MAX_ATTEMPTS = 5
_LONGEST_INTERVAL = timedelta(days=365)
_FROM = ("all", "now")
_SCAN, _EVENT_GRID = "LogsAndContainerScan", "EventGrid"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobWatch:
    """What one function watches and how; the stores are those of the blobs and of the host's own data."""

    function: str
    path: BlobPath
    host_id: str
    store: BlobStore
    hosts_own: BlobAccount
    poison: QueueStore
    error_path: BlobPath | None = None
    from_now: bool = False
    max_attempts: int = _MAX_ATTEMPTS
    retry_pause: float = 0.5
    digest: str = ""
    prove_every: timedelta = timedelta(days=1)
    """How often it is proved that no blob was missed; 0 for never."""
    events_every: float = 0.0
    """Seconds between two looks when events tell of blobs; 0 when none do."""


def blob_source(
    watch: BlobWatch, hub: BlobHub, receipts: BlobReceipts | None = None, pace: BlobPace | None = None
) -> BlobSource:
    """The source of one function; functions of one host share the hub."""
    receipts = receipts or BlobReceipts(watch.hosts_own.ledger, host_id=watch.host_id, function=watch.function)
    hub.expect(watch.function, watch.path.text)
    line = WaitingLine()
    cursor = hub.cursor(watch.hosts_own.blobs, watch.store.account, watch.path.container)
    failures = BlobFailures(
        watch.hosts_own.blobs, watch.store, watch.path, folder=failures_folder(watch.host_id, watch.function),
        error_path=watch.error_path, digest=watch.digest,
    )  # fmt: skip
    settling = BlobSettling(
        receipts, hub, failures, watch.poison, line, function=watch.function, max_attempts=watch.max_attempts,
        retry_pause=watch.retry_pause,
    )  # fmt: skip
    finder = BlobFinder(
        watch.store, watch.path, receipts, cursor, line, function=watch.function, from_now=watch.from_now,
        events_every=watch.events_every,
    )  # fmt: skip
    pace = pace or BlobPace()
    spill = BlobSpill(line, hub, receipts, pace, function=watch.function)
    proof = BlobProof(watch.store, watch.path, receipts, finder, line, queued=hub.count, every=watch.prove_every)
    parts = BlobParts(
        store=watch.store, path=watch.path, receipts=receipts, line=line,
        search=BlobSearch(finder, spill, proof, line, hub), settling=settling, hub=hub,
        inbox=Inbox(watch.function, line.woken.set), pace=pace,
    )  # fmt: skip
    return BlobSource(parts)


def listen(context: ListenerContext) -> Listener:
    """The listener of one blobTrigger binding; raises InvalidPath, InvalidOptions or ConnectionNotConfigured."""
    binding = context.binding
    path = BlobPath.parse_trigger(binding.option("path"))
    wanted_by = f"the blob trigger of function {context.function!r}"
    connection = find_account(context.settings, binding.option("connection"), wanted_by=wanted_by)
    has_events = _has_events(binding)
    sweep = _interval(context.extension, "eventSweepInterval", "00:05:00")
    own_connection = host_account(context.settings, wanted_by="the host") or connection
    account = open_account(connection)
    watch = BlobWatch(
        function=context.function,
        path=path,
        host_id=context.host_id,
        store=account.blobs,
        hosts_own=open_account(own_connection),
        poison=open_queues(context.settings, binding.option("connection"), wanted_by=wanted_by),
        error_path=_error_path(context, path, connection),
        from_now=_starts_now(binding),
        max_attempts=_count(context.extension, "poisonBlobThreshold", _MAX_ATTEMPTS),
        digest=context.settings.get(DIGEST_SETTING, ""),
        prove_every=_interval(context.extension, "fullSweepInterval", "1.00:00:00"),
        events_every=sweep.total_seconds() if has_events else 0.0,
    )
    hub = _hub(context, own_connection)
    receipts = BlobReceipts(watch.hosts_own.ledger, host_id=watch.host_id, function=watch.function)
    source = blob_source(watch, hub, receipts, BlobPace(context.parallel))
    context.backlogs[context.function] = source.backlog
    polling = PollingListener(
        source,
        context.executor,
        name=f"{context.function} at {path.text!r}",
        concurrency=_count(context.extension, "maxDegreeOfParallelism", _CONCURRENCY_PER_CPU * (os.cpu_count() or 1)),
        longest_pause=account.blobs.longest_pause,
    )
    if not has_events:
        return polling
    events = BlobEvents(path, receipts, hub, function=context.function)
    context.routes.mount_webhook("blobs", EventGridWebhook(events.notified))
    return Together([polling, *_events_queue(context, events, wanted_by)])


def _has_events(binding: Binding) -> bool:
    """Does Event Grid tell of blobs, by webhook or through a queue?"""
    source = binding.option("source", _SCAN)
    if source.lower() not in {_SCAN.lower(), _EVENT_GRID.lower()}:
        raise InvalidOptions(f"source of the blob trigger is {source!r}; it must be {_SCAN!r} or {_EVENT_GRID!r}.")
    return source.lower() == _EVENT_GRID.lower() or bool(binding.option("eventQueue"))


def _events_queue(context: ListenerContext, events: BlobEvents, wanted_by: str) -> Sequence[Listener]:
    """The listener of the queue that an Event Grid subscription fills, if there is one."""
    name = context.binding.option("eventQueue")
    if not name:
        return ()
    queue = check_queue_name(name)
    store = open_queues(context.settings, context.binding.option("connection"), wanted_by=wanted_by)
    # The texts are taken as they are: Event Grid sends base64, people send what they like.
    settings = read_queue_settings({"messageEncoding": "none", "maxPollingInterval": "00:00:01"}, {})
    source = QueueSource(store, queue, settings, signals=context.signals)
    name = f"{context.function} at the events of queue {queue!r}"
    return [PollingListener(source, events, name=name, longest_pause=min(1.0, store.longest_pause))]


class Together:
    """Some listeners as one."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._listeners = listeners

    async def start(self) -> None:
        for listener in self._listeners:
            await listener.start()

    async def stop(self) -> None:
        await asyncio.gather(*(listener.stop() for listener in self._listeners))


def _hub(context: ListenerContext, own: Connection) -> BlobHub:
    """One for all functions of the host; its queue and lease are in the host's own account."""
    key = f"blobs of {own.setting}"
    hub = context.common.get(key)
    if not isinstance(hub, BlobHub):
        name = HOST_SETTING if own.setting == HOST_SETTING else context.binding.option("connection")
        queues = open_queues(context.settings, name, wanted_by=own.wanted_by)
        account = open_account(own)
        lease = account.lease(CONTAINER, f"locks/{context.host_id}/{LOCK}", context.lease_times)
        note = AppNote(account.blobs, context.host_id)
        hub = context.common[key] = BlobHub(queues, lease, context.host_id, note)
    return hub


def _error_path(context: ListenerContext, source: BlobPath, account: Connection) -> BlobPath | None:
    """Where errors go; refuses an error path or a blob output that fires the function again or cannot be filled."""
    outputs = [one for one in context.outputs if one.type.lower() == "blob"]
    here = [one for one in outputs if _is_in(account, one, context.settings)]
    for output in outputs:
        refuse_unknown_names(_told(output), _target(output), source, known=OF_EACH_EVENT)
    for output in here:
        refuse_loop(_told(output), _target(output), source)
    text = context.binding.option("errorPath")
    if not text:
        return None
    errors = BlobPath.parse(text)
    refuse_unknown_names("error_path", errors, source, known=OF_EACH_BLOB)
    refuse_loop("error_path", errors, source)
    for output in here:
        refuse_same("error_path", errors, _told(output), _target(output))
    return errors


def _told(output: Binding) -> str:
    return f"output {output.name!r} at"


def _target(output: Binding) -> BlobPath:
    return BlobPath.parse(output.option("path"))


def _is_in(account: Connection, output: Binding, settings: Mapping[str, str]) -> bool:
    found = find_account(settings, output.option("connection"), wanted_by=f"the output {output.name!r}")
    return (found.text, found.section) == (account.text, account.section)


def _starts_now(binding: Binding) -> bool:
    text = binding.option("startFrom", _FROM[0]).lower()
    if text not in _FROM:
        raise InvalidOptions(f"startFrom of the blob trigger is {text!r}; it must be 'all' or 'now'.")
    return text == "now"


def _interval(extension: Mapping[str, object], key: str, default: str) -> timedelta:
    text = str(extension.get(key, default))
    try:
        interval = parse_timespan(text)
    except ValueError as error:
        raise InvalidOptions(f"host.json: extensions.blobs.{key} is {text!r}; it must be 'hh:mm:ss'.") from error
    except OverflowError:
        interval = timedelta.max
    if interval > _LONGEST_INTERVAL:
        raise InvalidOptions(
            f"host.json: extensions.blobs.{key} is {text!r}; it must be {_LONGEST_INTERVAL.days} days at most."
        )
    return interval


def _count(extension: Mapping[str, object], key: str, default: int) -> int:
    value = extension.get(key, default)
    if isinstance(value, str) and value.isdecimal():
        value = int(value)  # An app setting in place of host.json's key is text.
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidOptions(f"host.json: extensions.blobs.{key} is {value!r}; it must be a whole number from 1 up.")
    return value
