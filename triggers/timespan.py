"""Lengths of time as .NET writes them: `hh:mm:ss`, `d.hh:mm:ss`, or a whole number of days."""

import re
from datetime import timedelta

_CLOCK = re.compile(
    r"^(?:(?P<days>\d+)\.)?(?P<hours>\d{1,2}):(?P<minutes>\d{2})(?::(?P<seconds>\d{2}(?:\.\d{1,7})?))?$"
)


def parse_timespan(text: str) -> timedelta:
    """The length of time; raises ValueError."""
    if text.isdecimal():
        return timedelta(days=int(text))
    found = _CLOCK.match(text)
    if found is None:
        raise ValueError(f"{text!r} is no length of time such as '00:05:00' or '1.00:00:00'")
    return timedelta(
        days=int(found["days"] or 0),
        hours=int(found["hours"]),
        minutes=int(found["minutes"]),
        seconds=float(found["seconds"] or 0),
    )
