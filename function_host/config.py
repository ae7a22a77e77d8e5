"""host.json, with its overrides from the app settings, as one complete frozen value."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from function_host.errors import ConfigError

_OVERRIDE = "azurefunctionsjobhost__"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostConfig:
    """How the host behaves."""

    route_prefix: str = "api"
    """First part of every HTTP function's URL; empty for none."""
    extensions: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """The section of each trigger, opaque to the host."""


def load_config(root: Path, settings: Mapping[str, str]) -> HostConfig:
    """Read host.json in `root`; settings `AzureFunctionsJobHost__a__b` win over its keys. Raises ConfigError."""
    path = root / "host.json"
    document = _read(path)
    for name, value in settings.items():
        if name.lower().startswith(_OVERRIDE):
            _put(document, name[len(_OVERRIDE) :].split("__"), value)
    if document.get("version") != "2.0":
        raise ConfigError(f'{path}: "version" must be "2.0", not {document.get("version")!r}.')
    extensions = _section(document, "extensions", path)
    http = _section(extensions, "http", path)
    return HostConfig(
        route_prefix=str(http.get("routePrefix", "api")).strip("/"),
        extensions={name: _section(extensions, name, path) for name in extensions},
    )


def _read(path: Path) -> dict[str, object]:
    if not path.is_file():
        return {"version": "2.0"}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigError(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{path} must hold a JSON object, not {type(document).__name__}.")
    return document


def _section(document: dict[str, object], key: str, path: Path) -> dict[str, object]:
    section = document.get(key, {})
    if not isinstance(section, dict):
        raise ConfigError(f"{path}: {key!r} must be a JSON object, not {section!r}.")
    return section


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
