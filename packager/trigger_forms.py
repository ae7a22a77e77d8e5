"""Triggers as values: `HttpTrigger()`, `BlobTrigger(input_path=...)`; one package may have several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import ClassVar

from packager.errors import InvalidPackageRequest

TriggerTable = Mapping[str, Mapping[str, object]]
"""Trigger name -> its options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpTrigger:
    """run() answers requests to /api/<route>."""

    name: ClassVar[str] = "http"
    auth_level: str | None = None
    """`anonymous`, `function` or `admin`."""
    route: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobTrigger:
    """run() answers each blob at `input_path` with one at `output_path`; see docs/how-to/blobs.md for the others."""

    name: ClassVar[str] = "blob"
    input_path: str | None = None
    output_path: str | None = None
    error_path: str | None = None
    start_from: str | None = None
    source: str | None = None
    event_queue: str | None = None
    connection: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceBusQueueTrigger:
    """run() answers each message of one queue with one in another."""

    name: ClassVar[str] = "service_bus_queue"
    input_queue_name: str | None = None
    output_queue_name: str | None = None
    connection: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageQueueTrigger:
    """run() answers each message of one storage queue with one in another."""

    name: ClassVar[str] = "storage_queue"
    input_queue: str | None = None
    output_queue: str | None = None
    connection: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerTrigger:
    """run() is called when the clock says so."""

    name: ClassVar[str] = "timer"
    schedule: str | None = None
    run_on_startup: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherTrigger:
    """A trigger by its name, for those that other distributions bring."""

    name: str
    options: Mapping[str, object] = field(default_factory=dict)


Trigger = HttpTrigger | BlobTrigger | ServiceBusQueueTrigger | StorageQueueTrigger | TimerTrigger | OtherTrigger


def trigger_table(triggers: TriggerTable | Sequence[Trigger]) -> TriggerTable:
    """The given options by trigger name; raises InvalidPackageRequest for what is no trigger, or there twice."""
    if isinstance(triggers, Mapping):
        return {name: dict(given) for name, given in triggers.items()}
    table: dict[str, Mapping[str, object]] = {}
    for trigger in triggers:
        if not isinstance(trigger, Trigger):
            raise InvalidPackageRequest(f"triggers= holds {trigger!r}, which is no trigger such as HttpTrigger().")
        if trigger.name in table:
            raise InvalidPackageRequest(f"triggers= holds {trigger.name!r} twice; a package has one of each kind.")
        table[trigger.name] = _options(trigger)
    return table


def _options(trigger: Trigger) -> Mapping[str, object]:
    if isinstance(trigger, OtherTrigger):
        return dict(trigger.options)
    given = {each.name: getattr(trigger, each.name) for each in fields(trigger)}
    return {name: value for name, value in given.items() if value is not None}
