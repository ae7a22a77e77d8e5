"""triggers.timer_status"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from triggers.blob_memory import MemoryBlobs
from triggers.schedule import parse_schedule
from triggers.timer_status import BlobStatuses, TimerStatus, parse_status, resumed

EVERY_FIVE = parse_schedule("0 */5 * * * *", UTC)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
STATUS = TimerStatus(last=NOON, next=NOON + timedelta(minutes=5), updated=NOON)


def test_the_first_start_missed_nothing():
    assert resumed(None, EVERY_FIVE, NOON) == replace(STATUS, last=None)


def test_a_missed_occurrence_stays_in_the_past():
    assert resumed(STATUS, EVERY_FIVE, NOON + timedelta(hours=1)).next == STATUS.next


def test_a_changed_schedule_missed_nothing():
    hourly = parse_schedule("0 0 * * * *", UTC)
    late = NOON + timedelta(hours=2, minutes=1)
    assert resumed(STATUS, hourly, NOON) == replace(STATUS, last=None, next=NOON + timedelta(hours=1))
    assert resumed(STATUS, hourly, late) == replace(STATUS, last=None, next=NOON + timedelta(hours=3))


async def test_it_is_kept_as_azure_keeps_it():
    blobs = MemoryBlobs()
    statuses = BlobStatuses(blobs, host_id="h", function="f", zone=UTC)
    assert await statuses.read() is None
    await statuses.write(replace(STATUS, last=None))
    _, data, _ = blobs.containers["azure-webjobs-hosts"]["timers/h/Host.Functions.f/status"]
    assert json.loads(data) == {
        "Last": "0001-01-01T00:00:00", "Next": "2026-01-01T12:05:00+00:00", "LastUpdated": "2026-01-01T12:00:00+00:00",
    }  # fmt: skip
    assert await statuses.read() == replace(STATUS, last=None)


def test_what_azure_wrote_is_read_and_nonsense_is_none():
    text = b'{"Last":"2026-01-01T12:00:00.0000000Z","Next":"2026-01-01T12:05:00","LastUpdated":"2026-01-01T12:00:00Z"}'
    assert parse_status(text, UTC) == STATUS
    assert parse_status(b"{}", UTC) is parse_status(b"nonsense", UTC) is None
