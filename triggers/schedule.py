"""When a timer fires: an NCRONTAB expression of five or six fields, or an interval such as `00:05:00`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from triggers.errors import InvalidOptions

_INTERVAL = re.compile(r"(?:(?P<days>\d+)\.)?(?P<hours>\d{1,2}):(?P<minutes>[0-5]?\d):(?P<seconds>[0-5]?\d)")
_ZONE_SETTINGS = ("WEBSITE_TIME_ZONE", "TZ")
_LOCAL_ZONE = Path("/etc/localtime")
_NAMES = (
    *("JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER"),
    *("DECEMBER", "SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"),
)
_FORMS = "Write six fields as in '0 */5 * * * *' (second, minute, hour, day, month, day of week), five, or 'hh:mm:ss'."
# No change of clocks is as long as this.
_ROUND_A_CHANGE = timedelta(hours=3)


class Schedule(Protocol):
    """Knows when a timer fires."""

    @property
    def zone(self) -> tzinfo:
        """Whose clock on the wall the schedule is written for."""
        ...

    @property
    def is_frequent(self) -> bool:
        """Does it fire more than once a minute?"""
        ...

    def next_after(self, moment: datetime) -> datetime:
        """The first occurrence later than `moment`; both are in UTC."""
        ...


@dataclass(frozen=True, kw_only=True)
class Interval:
    """The same time between any two occurrences."""

    length: timedelta
    zone: tzinfo

    @property
    def is_frequent(self) -> bool:
        return self.length < timedelta(minutes=1)

    def next_after(self, moment: datetime) -> datetime:
        return moment + self.length


@dataclass(frozen=True, kw_only=True)
class Cron:
    """Six fields that the time of an occurrence has to match, every one of them."""

    fields: str
    zone: tzinfo

    @cached_property
    def is_frequent(self) -> bool:
        return not self.fields.split()[0].isdecimal()

    @cached_property
    def _is_periodic(self) -> bool:
        """Every hour or every few hours: such a schedule does not care what the clock on the wall says."""
        return self.fields.split()[2].startswith("*")

    def next_after(self, moment: datetime) -> datetime:
        """The first occurrence later than `moment`; both are in UTC.

        When clocks are put forward, a time of day that is left out is taken an hour later; when they are put back,
        a time of day that comes twice counts once.
        """
        local = moment.astimezone(self.zone)
        if self._is_periodic:
            return next(_simulated(self.fields, local)).astimezone(UTC)
        before = (moment - _ROUND_A_CHANGE).astimezone(self.zone)
        start = local if before.utcoffset() == local.utcoffset() else before
        for wall in _simulated(self.fields, start.replace(tzinfo=None, fold=0)):
            found = wall.replace(tzinfo=self.zone).astimezone(UTC)
            if found > moment:
                return found
        raise StopIteration


def _simulated(fields: str, start: datetime) -> Iterator[datetime]:
    from cronsim import CronSim

    simulated = CronSim(fields, start)
    # Unix's cron takes either day; on Azure the day of the month and the day of the week must both match.
    simulated.day_and = True
    return simulated


def parse_schedule(text: str, zone: tzinfo) -> Schedule:
    """The schedule; raises InvalidOptions when it says nothing, or nothing that ever comes.

    Raises ImportError for an expression when cronsim is not installed.
    """
    found = _INTERVAL.fullmatch(text.strip())
    if found is not None:
        length = timedelta(**{unit: int(number or 0) for unit, number in found.groupdict().items()})
        if not length:
            raise InvalidOptions(f"The schedule {text!r} is an interval of no length. {_FORMS}")
        return Interval(length=length, zone=zone)
    parts = re.sub(r"[A-Za-z]{3,}", _short_name, text).split()
    if len(parts) not in (5, 6):
        raise InvalidOptions(f"The schedule {text!r} has {len(parts)} fields. {_FORMS}")
    from cronsim import CronSimError

    cron = Cron(fields=" ".join(["0", *parts][-6:]), zone=zone)
    try:
        next(_simulated(cron.fields, datetime.now(UTC)))
    except CronSimError as error:
        raise InvalidOptions(f"The schedule {text!r} cannot be read: {error}. {_FORMS}") from error
    except StopIteration as error:
        raise InvalidOptions(f"The schedule {text!r} names a day that never comes. {_FORMS}") from error
    return cron


def _short_name(found: re.Match[str]) -> str:
    """Azure takes any beginning of a month's or a day's name; three letters are enough."""
    word = found[0].upper()
    return word[:3] if any(name.startswith(word) for name in _NAMES) else word


def local_zone(settings: Mapping[str, str]) -> tzinfo:
    """The zone that WEBSITE_TIME_ZONE or TZ names, else the machine's; raises InvalidOptions for an unknown one."""
    name = next((settings[key] for key in _ZONE_SETTINGS if settings.get(key)), "")
    if name:
        try:
            return ZoneInfo(name.removeprefix(":"))
        except (OSError, ValueError, KeyError) as error:
            raise InvalidOptions(
                f"The app setting TZ or WEBSITE_TIME_ZONE is {name!r}, which is no known time zone; write one such as "
                "'Europe/Berlin' or 'UTC'."
            ) from error
    if not _LOCAL_ZONE.exists():
        return UTC
    with _LOCAL_ZONE.open("rb") as file:
        return ZoneInfo.from_file(file, key="localtime")
