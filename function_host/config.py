"""host.json, with its overrides from the app settings, as one complete frozen value."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import cast

from function_host.errors import ConfigError
from function_host.http.middleware import HttpConfig, read_http_config
from function_host.timespan import parse_timespan

_OVERRIDE = "azurefunctionsjobhost__"
_KNOWN = {
    "version", "functionTimeout", "functions", "extensions", "logging", "extensionBundle", "watchDirectories",
    "watchFiles", "aggregator", "healthMonitor", "managedDependencies", "concurrency", "singleton",
    "sendCanceledInvocationsToWorker", "retry", "telemetryMode",
}  # fmt: skip
_DEFAULT_TIMEOUT = timedelta(minutes=30)


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
    unknown_keys: tuple[str, ...] = ()
    """Top-level keys that mean nothing to this host."""


def load_config(root: Path, settings: Mapping[str, str]) -> HostConfig:
    """Read host.json in `root`; settings `AzureFunctionsJobHost__a__b` win over its keys. Raises ConfigError."""
    path = root / "host.json"
    document = _read(path)
    for name, value in settings.items():
        if name.lower().startswith(_OVERRIDE):
            _put(document, name[len(_OVERRIDE) :].split("__"), value)
    if document.get("version") != "2.0":
        raise ConfigError(f'{path}: $.version must be "2.0", not {document.get("version")!r}.')
    extensions = _section(document, "extensions", f"{path}: $")
    sections = {name: _section(extensions, name, f"{path}: $.extensions") for name in extensions}
    return HostConfig(
        http=read_http_config(sections.get("http", {}), settings, place=f"{path}: $.extensions.http"),
        function_timeout=_timeout(document.get("functionTimeout"), path),
        only_functions=_names(document.get("functions"), path),
        extensions=sections,
        unknown_keys=tuple(sorted(document.keys() - _KNOWN)),
    )


def _read(path: Path) -> dict[str, object]:
    if not path.is_file():
        return {"version": "2.0"}
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise ConfigError(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{path} must hold a JSON object, not {type(document).__name__}.")
    return document


def _section(document: dict[str, object], key: str, place: str) -> dict[str, object]:
    section = document.get(key, {})
    if not isinstance(section, dict):
        raise ConfigError(f"{place}.{key} must be a JSON object, not {section!r}.")
    return section


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
