"""Retry policies: how often, and after which pauses, a failed function is run again for the same event."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from function_host.errors import AppLoadError

FOREVER = -1

_FIXED = "fixeddelay"
_EXPONENTIAL = "exponentialbackoff"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """At most `max_retries` further attempts (FOREVER for no limit), with growing or equal pauses."""

    max_retries: int
    shortest: timedelta
    longest: timedelta
    """Equal to `shortest` for a fixed delay."""

    def allows(self, retries: int) -> bool:
        """May there be another attempt after so many retries?"""
        return self.max_retries == FOREVER or retries < self.max_retries

    def pause(self, retry: int) -> float:
        """Seconds before the given retry, which counts from 1; exponential ones are spread by a fifth."""
        if self.shortest == self.longest:
            return self.shortest.total_seconds()
        spread = 1.0 if retry == 1 else random.uniform(0.8, 1.2)  # noqa: S311 because it spreads load, it hides nothing
        grown = self.shortest.total_seconds() * 2.0 ** min(retry - 1, 62) * spread
        return min(grown, self.longest.total_seconds())


def read_retry(function: str, settings: Mapping[str, object]) -> RetryPolicy:
    """The policy as function.json or `@app.retry` writes it; raises AppLoadError for what is missing or odd."""
    known = {_plain(key): value for key, value in settings.items() if value is not None}
    strategy = _plain(str(known.get("strategy", "")))
    if strategy not in (_FIXED, _EXPONENTIAL):
        raise AppLoadError(
            f"The retry policy of function {function!r} has the strategy {known.get('strategy')!r}; "
            "it must be 'fixed_delay' or 'exponential_backoff'."
        )
    retries = _count(function, known.get("maxretrycount"))
    if strategy == _FIXED:
        delay = _interval(function, "delay_interval", known.get("delayinterval"))
        return RetryPolicy(max_retries=retries, shortest=delay, longest=delay)
    return RetryPolicy(
        max_retries=retries,
        shortest=_interval(function, "minimum_interval", known.get("minimuminterval")),
        longest=_interval(function, "maximum_interval", known.get("maximuminterval")),
    )


def _plain(key: str) -> str:
    return key.replace("_", "").lower()


def _count(function: str, value: object) -> int:
    try:
        count = int(str(value))
    except ValueError:
        count = FOREVER - 1
    if count < FOREVER:
        raise AppLoadError(
            f"The retry policy of function {function!r} has max_retry_count {value!r}; it must be a whole number, "
            "or -1 for no limit."
        )
    return count


def _interval(function: str, name: str, value: object) -> timedelta:
    try:
        moment = datetime.strptime(str(value), "%H:%M:%S")  # noqa: DTZ007 because it is a length of time
    except ValueError:
        raise AppLoadError(
            f"The retry policy of function {function!r} has {name} {value!r}; it must be written as 'hh:mm:ss'."
        ) from None
    return timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second)
