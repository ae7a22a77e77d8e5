"""host.json, with its overrides from the app settings, as one complete frozen value."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import cast

from function_host.any_case import AnyCase
from function_host.errors import ConfigError
from function_host.http.middleware import HttpConfig, read_http_config
from triggers.json_file import read_json
from triggers.lease import DEFAULT_LEASE_TIMES, LeaseTimes
from triggers.timespan import parse_timespan

_OVERRIDE = "azurefunctionsjobhost__"
# In lower case.
_KNOWN = {
    "version", "functiontimeout", "functions", "extensions", "logging", "extensionbundle", "watchdirectories",
    "watchfiles", "aggregator", "healthmonitor", "manageddependencies", "concurrency", "singleton",
    "sendcanceledinvocationstoworker", "retry", "telemetrymode",
}  # fmt: skip
_DEFAULT_TIMEOUT = timedelta(minutes=30)
# A lease of a blob lasts from 15 to 60 seconds.
_PERIODS = {
    "lockPeriod": (15.0, 60.0),
    "listenerLockPeriod": (15.0, 60.0),
    "listenerLockRecoveryPollingInterval": (1.0, math.inf),
    "lockAcquisitionTimeout": (0.0, math.inf),
    "lockAcquisitionPollingInterval": (0.1, math.inf),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HostConfig:
    """How the host behaves."""

    http: HttpConfig = field(default_factory=HttpConfig)
    """What stands around every HTTP function."""
    function_timeout: timedelta | None = _DEFAULT_TIMEOUT
    """How long one run of a function may take; None is no limit."""
    only_functions: frozenset[str] = frozenset()
    """Names of the functions to load, in lower case; empty means all."""
    extensions: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """The section of each trigger, opaque to the host."""
    lease_times: LeaseTimes = DEFAULT_LEASE_TIMES
    """Of the leases of listeners that only one instance of the app may run: `singleton` of the file."""
    unknown_keys: tuple[str, ...] = ()
    """Top-level keys that mean nothing to this host."""


def load_config(root: Path, settings: Mapping[str, str]) -> HostConfig:
    """Read host.json in `root`; settings `AzureFunctionsJobHost__a__b` win over its keys. Raises ConfigError.

    Keys of the file and names of settings count in any case.
    """
    path = root / "host.json"
    raw: dict[str, object] = read_json(path, ConfigError) if path.is_file() else {"version": "2.0"}
    for name, value in settings.items():
        plain = name.replace(":", "__")
        if plain.lower().startswith(_OVERRIDE):
            _put(raw, plain[len(_OVERRIDE) :].split("__"), value)
    document = AnyCase(raw)
    if document.get("version") != "2.0":
        raise ConfigError(f'{path}: $.version must be "2.0", not {document.get("version")!r}.')
    extensions = _section(document, "extensions", f"{path}: $")
    sections = AnyCase({name: _section(extensions, name, f"{path}: $.extensions") for name in extensions})
    return HostConfig(
        http=read_http_config(sections.get("http", AnyCase[object]({})), settings, place=f"{path}: $.extensions.http"),
        function_timeout=_timeout(document.get("functionTimeout"), path),
        only_functions=_names(document.get("functions"), path),
        extensions=sections,
        lease_times=_lease_times(_section(document, "singleton", f"{path}: $"), f"{path}: $.singleton"),
        unknown_keys=tuple(sorted(key for key in document if key.lower() not in _KNOWN)),
    )


def _section(document: Mapping[str, object], key: str, place: str) -> AnyCase[object]:
    section = document.get(key, {})
    if not isinstance(section, dict):
        raise ConfigError(f"{place}.{key} must be a JSON object, not {section!r}.")
    return AnyCase(section)


def _timeout(value: object, path: Path) -> timedelta | None:
    if value is None:
        return _DEFAULT_TIMEOUT
    if str(value) == "-1":
        return None
    try:
        timeout = parse_timespan(str(value))
    except ValueError as error:
        raise ConfigError(f"{path}: $.functionTimeout: {error}, or -1 for no limit.") from error
    if timeout < timedelta(seconds=1):
        raise ConfigError(f"{path}: $.functionTimeout is {value!r}; it must be a second at least, or -1 for no limit.")
    return timeout


def _lease_times(section: Mapping[str, object], place: str) -> LeaseTimes:
    """Every period is checked; those of locks that only .NET functions can ask for have no effect."""
    periods = {name: _period(section[key], f"{place}.{key}", name) for key, name in _spelled(section, place)}
    return LeaseTimes(
        seconds=int(periods.get("listenerLockPeriod", DEFAULT_LEASE_TIMES.seconds)),
        retry_every=periods.get("listenerLockRecoveryPollingInterval", DEFAULT_LEASE_TIMES.retry_every),
    )


def _spelled(section: Mapping[str, object], place: str) -> list[tuple[str, str]]:
    """Each key of the file with its proper spelling."""
    known = {name.lower(): name for name in _PERIODS}
    for key in section:
        if key.lower() not in known:
            raise ConfigError(f"{place}.{key} means nothing here; known are {', '.join(_PERIODS)}. Remove it.")
    return [(key, known[key.lower()]) for key in section]


def _period(value: object, place: str, name: str) -> float:
    shortest, longest = _PERIODS[name]
    try:
        seconds = parse_timespan(str(value)).total_seconds()
    except ValueError as error:
        raise ConfigError(f"{place}: {error}.") from error
    if not shortest <= seconds <= longest:
        limits = f"from {shortest:g} to {longest:g}" if longest < math.inf else f"at least {shortest:g}"
        raise ConfigError(f"{place} is {value!r}; it must be {limits} seconds long.")
    return seconds


def _names(value: object, path: Path) -> frozenset[str]:
    if value is None:
        return frozenset()
    names = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"{path}: $.functions must be an array of function names, not {value!r}.")
    return frozenset(name.lower() for name in names)


def _put(document: dict[str, object], keys: list[str], value: str) -> None:
    """Set a nested key, matching the file's spelling of each key without regard to case."""
    for key in keys[:-1]:
        name = _spelling(document, key)
        if not isinstance(document.get(name), dict):
            document[name] = {}
        document = cast("dict[str, object]", document[name])
    document[_spelling(document, keys[-1])] = value


def _spelling(document: Mapping[str, object], key: str) -> str:
    return next((name for name in document if name.lower() == key.lower()), key)
