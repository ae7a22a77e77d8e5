"""When a timer fired last and fires next, kept where every instance finds it: past due is what was missed."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Protocol

from triggers.blob_receipts import CONTAINER
from triggers.blob_store import BlobStore, newest
from triggers.http_body import whole
from triggers.schedule import Schedule

_NEVER = "0001-01-01T00:00:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerStatus:
    """The two occurrences that the present lies between."""

    last: datetime | None
    """None before the first run, and after the schedule was changed."""
    next: datetime
    updated: datetime

    def document(self, zone: tzinfo) -> dict[str, str]:
        """The status in Azure's words, with times as the clocks of `zone` show them."""
        return {
            "Last": self.last.astimezone(zone).isoformat() if self.last else _NEVER,
            "Next": self.next.astimezone(zone).isoformat(),
            "LastUpdated": self.updated.astimezone(zone).isoformat(),
        }


def parse_status(text: bytes, zone: tzinfo) -> TimerStatus | None:
    """The status that a document tells of; None when it tells of none."""
    try:
        document = json.loads(text)
        last, following, updated = (_moment(document[key], zone) for key in ("Last", "Next", "LastUpdated"))
    except (ValueError, TypeError, KeyError):
        return None
    return TimerStatus(last=None if last.year == 1 else last, next=following, updated=updated)


def _moment(text: str, zone: tzinfo) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.year == 1:
        return moment.replace(tzinfo=UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def resumed(status: TimerStatus | None, schedule: Schedule, now: datetime) -> TimerStatus:
    """The status to go on with at a start: `next` is in the past only when an occurrence was missed.

    An occurrence of a schedule that was changed meanwhile was not missed: there was nobody to wait for it.
    """
    if status is None:
        return TimerStatus(last=None, next=schedule.next_after(now), updated=now)
    expected = schedule.next_after(status.last or status.updated)
    if expected == status.next:
        return status
    return replace(status, last=None, next=expected if expected > now else schedule.next_after(now))


class TimerStatuses(Protocol):
    """Keeps the status of one timer; methods raise SourceUnavailable."""

    async def read(self) -> TimerStatus | None: ...

    async def write(self, status: TimerStatus) -> None: ...

    async def close(self) -> None: ...


class MemoryStatuses:
    """A status that ends with the process."""

    def __init__(self) -> None:
        self._status: TimerStatus | None = None

    async def read(self) -> TimerStatus | None:
        return self._status

    async def write(self, status: TimerStatus) -> None:
        self._status = status

    async def close(self) -> None:
        """Nothing is kept open."""


class BlobStatuses:
    """The status as a blob of the host's account, where Azure's own host keeps it."""

    def __init__(self, blobs: BlobStore, *, host_id: str, function: str, zone: tzinfo) -> None:
        self._blobs = blobs
        self._name = f"timers/{host_id}/Host.Functions.{function}/status"
        self._zone = zone

    async def read(self) -> TimerStatus | None:
        content = await self._blobs.read(newest(CONTAINER, self._name))
        return parse_status(whole(content.data), self._zone) if content else None

    async def write(self, status: TimerStatus) -> None:
        data = json.dumps(status.document(self._zone)).encode()
        await self._blobs.write(CONTAINER, self._name, data, "application/json")

    async def close(self) -> None:
        await self._blobs.close()
