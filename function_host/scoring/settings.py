"""The scoring server's settings: environment variables, over a config.json that has their names as keys."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from function_host.scoring.cors import matches
from function_host.scoring.errors import EntryScriptError

CONFIG_SETTING = "AZUREML_CONFIG_FILE"
ORIGINS_SETTING = "AML_CORS_ORIGINS"
TIMEOUT_SETTING = "SCORING_TIMEOUT_MS"
_HOUR = "3600000"
_DISTRIBUTION = "functions-packager"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringSettings:
    """How scripts are run and answers are dressed."""

    timeout_ms: int = int(_HOUR)
    """How long run() may take (`SCORING_TIMEOUT_MS`)."""
    cors_origins: tuple[str, ...] = ()
    """Web sites whose pages may read the answers (`AML_CORS_ORIGINS`, with commas between)."""
    service_name: str = "ML service"
    """The title in the API description (`SERVICE_NAME`)."""
    service_version: str = "1.0"
    """The version in the API description (`SERVICE_VERSION`)."""
    service_path_prefix: str = ""
    """What stands before the paths in the API description (`SERVICE_PATH_PREFIX`), with a slash before it."""
    server_version: str | None = None
    """The header x-ms-server-version; None (`SERVER_VERSION_LOG_RESPONSE_ENABLED=false`) leaves it out."""


def load_settings(folders: Sequence[Path]) -> ScoringSettings:
    """The settings of this process, over those of `AZUREML_CONFIG_FILE`, or of config.json in the first of `folders`.

    Raises EntryScriptError for a file that is not a JSON object, and for a time-out that is not a number.
    """
    return settings_of({**_from_file(folders), **os.environ})


def settings_of(values: Mapping[str, str]) -> ScoringSettings:
    """The settings that these variables make; raises EntryScriptError."""
    prefix = values.get("SERVICE_PATH_PREFIX", "").strip("/")
    tells_version = values.get("SERVER_VERSION_LOG_RESPONSE_ENABLED", "true").lower() == "true"
    return ScoringSettings(
        timeout_ms=_milliseconds(values.get(TIMEOUT_SETTING, _HOUR)),
        cors_origins=_origins(values.get(ORIGINS_SETTING, "")),
        service_name=values.get("SERVICE_NAME", "ML service"),
        service_version=values.get("SERVICE_VERSION", "1.0"),
        service_path_prefix=f"/{prefix}" if prefix else "",
        server_version=f"function_host/{_version()}" if tells_version else None,
    )


def _from_file(folders: Sequence[Path]) -> Mapping[str, str]:
    """A config.json of somebody else, such as a model's, has none of the names: it changes nothing."""
    named = os.environ.get(CONFIG_SETTING)
    candidates = [Path(named)] if named else []
    candidates += [folder / "config.json" for folder in folders]
    path = next((path for path in candidates if path.is_file() and path.stat().st_size), None)
    if path is None:
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EntryScriptError(f"The settings in {path} cannot be read; it must be a JSON file: {error}") from error
    if not isinstance(document, dict):
        raise EntryScriptError(f'The settings in {path} must be of the form {{"SCORING_TIMEOUT_MS": 60000}}.')
    return {str(name): _text(value) for name, value in document.items() if value is not None}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _milliseconds(text: str) -> int:
    if not text.strip().isdecimal() or int(text) == 0:
        raise EntryScriptError(f"{TIMEOUT_SETTING} is {text!r}; set it to a number of milliseconds, 1 or more.")
    return int(text)


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(origin.strip() for origin in text.split(",") if origin.strip())
    try:
        for origin in origins:
            matches(origin, "")
    except re.error as error:
        raise EntryScriptError(f"{ORIGINS_SETTING} is {text!r}; {origin!r} is no regular expression.") from error
    return origins


def _version() -> str:
    """Where only the packages themselves were copied, nobody knows it."""
    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:
        return "unknown"
