"""The section `extensions.serviceBus` of host.json, complete and checked."""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from os import cpu_count
from urllib.parse import urlsplit

from triggers.errors import InvalidOptions
from triggers.timespan import parse_timespan

_log = logging.getLogger(__name__)

_OLD = ("messageHandlerOptions", "sessionHandlerOptions", "batchOptions")
_LONGEST_BATCH_WAIT = 150.0
_CALLS_PER_CPU = 16
_PLACE = "extensions.serviceBus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often, and after what pauses, a message is sent again when the service cannot be reached."""

    most: int = 3
    delay: float = 0.8
    longest: float = 60.0
    is_exponential: bool = True

    @property
    def pauses(self) -> tuple[float, ...]:
        """Seconds before each further attempt."""
        factors = [2**n if self.is_exponential else 1 for n in range(1, self.most + 1)]
        return tuple(min(self.delay * factor, self.longest) for factor in factors)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceBusSettings:
    """How a Service Bus trigger receives, and how the client reaches the namespace."""

    auto_complete: bool = True
    max_concurrent_calls: int = _CALLS_PER_CPU
    max_concurrent_sessions: int = 8
    max_concurrent_calls_per_session: int = 1
    max_batch: int = 1000
    min_batch: int = 1
    max_batch_wait: float = 30.0
    prefetch: int = 0
    longest_renewal: float = math.inf
    """Seconds for which a lock is renewed; as long as the function runs unless host.json says otherwise."""
    session_idle: float = 60.0
    """Seconds after which a session without messages is given up."""
    retry: Retry = field(default_factory=Retry)
    client: Mapping[str, object] = field(default_factory=dict)
    """Further keyword arguments of the client: the time-out of one attempt, the proxy."""
    over_websockets: bool = False


def read_service_bus_settings(section: Mapping[str, object]) -> ServiceBusSettings:
    """The section with Azure's defaults; raises InvalidOptions that tells of everything that is wrong with it."""
    reader = _Reader(section)
    retry = reader.part("clientRetryOptions")
    try_timeout = retry.seconds("tryTimeout", None, least=0.001)
    settings = ServiceBusSettings(
        auto_complete=reader.flag("autoCompleteMessages", default=True),
        max_concurrent_calls=reader.count("maxConcurrentCalls", _CALLS_PER_CPU * (cpu_count() or 1)),
        max_concurrent_sessions=reader.count("maxConcurrentSessions", 8),
        max_concurrent_calls_per_session=reader.count("maxConcurrentCallsPerSession", 1),
        max_batch=reader.count("maxMessageBatchSize", 1000),
        min_batch=reader.count("minMessageBatchSize", 1),
        max_batch_wait=reader.seconds("maxBatchWaitTime", 30.0, most=_LONGEST_BATCH_WAIT) or 0.0,
        prefetch=reader.count("prefetchCount", 0, least=0),
        longest_renewal=_renewal(reader),
        session_idle=reader.seconds("sessionIdleTimeout", try_timeout or 60.0, least=0.001) or 60.0,
        retry=Retry(
            most=retry.count("maxRetries", 3, least=0),
            delay=retry.seconds("delay", 0.8) or 0.0,
            longest=retry.seconds("maxDelay", 60.0) or 0.0,
            is_exponential=retry.choice("mode", "exponential", ("exponential", "fixed")) == "exponential",
        ),
        client=_client(reader, try_timeout),
        over_websockets=reader.choice("transportType", "amqpTcp", ("amqpTcp", "amqpWebSockets")) == "amqpWebSockets",
    )
    if settings.min_batch > settings.max_batch:
        reader.problems.append("minMessageBatchSize is greater than maxMessageBatchSize")
    reader.refuse()
    old = [name for name in _OLD if name.lower() in reader.known]
    if old:
        _log.warning(
            "host.json: %s.%s belongs to an old version of the extension and has no effect; use maxConcurrentCalls, "
            "autoCompleteMessages, maxConcurrentSessions and maxMessageBatchSize.", _PLACE, ", ".join(old),
        )  # fmt: skip
    return settings


def _renewal(reader: "_Reader") -> float:
    """Azure's client writes an endless time as -1 ms."""
    value = reader.known.get("maxautolockrenewalduration")
    if isinstance(value, str) and value.startswith("-"):
        return math.inf
    seconds = reader.seconds("maxAutoLockRenewalDuration", None)
    return math.inf if seconds is None else seconds


def _client(reader: "_Reader", try_timeout: float | None) -> Mapping[str, object]:
    given: dict[str, object] = {} if try_timeout is None else {"try_timeout": try_timeout}
    proxy = str(reader.known.get("webproxy") or "")
    if proxy:
        parts = urlsplit(proxy if "//" in proxy else f"http://{proxy}")
        given["http_proxy"] = {"proxy_hostname": parts.hostname, "proxy_port": parts.port or 80}
    return given


class _Reader:
    """Reads values in any case of their names, and gathers what is wrong with them."""

    def __init__(self, section: Mapping[str, object], path: str = "", problems: list[str] | None = None) -> None:
        self.known = {key.lower(): value for key, value in section.items()}
        self.problems: list[str] = [] if problems is None else problems
        self._path = path

    def part(self, key: str) -> "_Reader":
        value = self.known.get(key.lower(), {})
        if not isinstance(value, Mapping):
            self._wrong(key, value, "a section in braces")
            value = {}
        return _Reader(value, f"{self._path}{key}.", self.problems)

    def flag(self, key: str, *, default: bool) -> bool:
        # Overrides by app settings are text.
        return self.choice(key, str(default), ("true", "false")).lower() == "true"

    def choice(self, key: str, default: str, choices: tuple[str, ...]) -> str:
        value = str(self.known.get(key.lower(), default))
        for one in choices:
            if one.lower() == value.lower():
                return one
        self._wrong(key, value, " or ".join(repr(one) for one in choices))
        return default

    def count(self, key: str, default: int, *, least: int = 1) -> int:
        value = self.known.get(key.lower(), default)
        count = int(value) if isinstance(value, str) and value.isdecimal() else value
        if isinstance(count, int) and not isinstance(count, bool) and count >= least:
            return count
        self._wrong(key, value, f"a whole number from {least} up")
        return default

    def seconds(self, key: str, default: float | None, *, least: float = 0.0, most: float = math.inf) -> float | None:
        value = self.known.get(key.lower())
        if value is None:
            return default
        length = _parsed(value)
        if length is not None and least <= length.total_seconds() <= most:
            return length.total_seconds()
        most_told = "" if most == math.inf else f", at most {timedelta(seconds=most)}"
        self._wrong(key, value, f"written as 'hh:mm:ss'{most_told}{', more than nothing' if least else ''}")
        return default

    def refuse(self) -> None:
        if self.problems:
            raise InvalidOptions(f"host.json: {_PLACE}: {'; '.join(self.problems)}.")

    def _wrong(self, key: str, value: object, wanted: str) -> None:
        self.problems.append(f"{self._path}{key} is {value!r}, but must be {wanted}")


def _parsed(value: object) -> timedelta | None:
    """None for what is no length of time; a bare number would be days, which nobody who writes one means."""
    if not isinstance(value, str) or value.isdecimal():
        return None
    try:
        return parse_timespan(value)
    except ValueError:
        return None
