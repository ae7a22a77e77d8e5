"""App settings: the environment over local.settings.json."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from function_host.any_case import AnyCase, over
from function_host.errors import ConfigError
from triggers.json_file import read_json

LAST_PORT = 65535
_PORT = 8080
DRAIN_SECONDS = 25
"""Less than the 30 seconds after which most platforms kill what they told to stop."""


def load_settings(root: Path, environment: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """The app's settings: `environment` (by default the process's) over `Values` of local.settings.json.

    Their names count in any case.
    """
    return over(os.environ if environment is None else environment, _local_values(root / "local.settings.json"))


def publish(settings: Mapping[str, str]) -> None:
    """Let user code read every setting from the environment, as it does on Microsoft's host."""
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def _local_values(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    document = AnyCase(read_json(path, ConfigError))
    values = document.get("Values", {})
    if not isinstance(values, dict):
        raise ConfigError(f'{path}: $.Values must be of the form {{"NAME": "text"}}, not {values!r}.')
    return {**_cors(document.get("Host")), **{str(name): _text(value) for name, value in values.items()}}


def _cors(section: object) -> dict[str, str]:
    """`CORS` (origins with commas between) and `CORSCredentials` of the file, as the settings that ask for the same."""
    host = AnyCase(section) if isinstance(section, dict) else AnyCase({})
    origins = [origin.strip().rstrip("/") for origin in _text(host.get("CORS")).split(",")]
    if not any(origins):
        return {}
    return {
        "FUNCTIONS_ENABLE_CORS_CONFIGURATION": "1",
        "CORS_ALLOWED_ORIGINS": json.dumps([origin for origin in origins if origin]),
        "CORS_SUPPORT_CREDENTIALS": _text(host.get("CORSCredentials")),
    }


def _text(value: object) -> str:
    """As .NET's configuration has it: nothing for null, True and False for JSON's own words."""
    return "" if value is None else str(value)


def thread_count(settings: Mapping[str, str]) -> int | None:
    """How many threads run synchronous functions (`PYTHON_THREADPOOL_THREAD_COUNT`); None leaves it to Python."""
    text = settings.get("PYTHON_THREADPOOL_THREAD_COUNT", "")
    return int(text) if text.isdecimal() and int(text) > 0 else None


def port(environment: Mapping[str, str] | None = None) -> int:
    """Where platforms want a container to listen: PORT, else WEBSITES_PORT, else 8080; raises ConfigError."""
    given = os.environ if environment is None else environment
    for name in ("PORT", "WEBSITES_PORT"):
        text = given.get(name, "").strip()
        if text and not (text.isdecimal() and int(text) <= LAST_PORT):
            raise ConfigError(f"{name} is {text!r}; set it to a port, a number from 0 to {LAST_PORT}.")
        if text:
            return int(text)
    return _PORT


def drain_seconds(settings: Mapping[str, str]) -> float:
    """How long a host that stops waits for what it has taken (`FUNCTIONS_DRAIN_SECONDS`); raises ConfigError."""
    text = settings.get("FUNCTIONS_DRAIN_SECONDS", "").strip() or str(DRAIN_SECONDS)
    if not text.isdecimal():
        raise ConfigError(f"FUNCTIONS_DRAIN_SECONDS is {text!r}; set it to a whole number of seconds.")
    return float(text)


def metrics_enabled(settings: Mapping[str, str]) -> bool:
    """May everybody read the host's numbers at /metrics? Yes, unless `FUNCTIONS_METRICS_ENABLED` is false."""
    return settings.get("FUNCTIONS_METRICS_ENABLED", "").strip().lower() not in ("false", "0")


def share_metrics(folder: Path) -> None:
    """Have prometheus_client, once it is imported, count in that folder for several processes."""
    folder.mkdir()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def process_count(settings: Mapping[str, str]) -> int:
    """How many processes run the app (`FUNCTIONS_WORKER_PROCESS_COUNT`), by default one; raises ConfigError."""
    text = settings.get("FUNCTIONS_WORKER_PROCESS_COUNT", "").strip() or "1"
    if not text.isdecimal() or int(text) < 1:
        raise ConfigError(f"FUNCTIONS_WORKER_PROCESS_COUNT is {text!r}; set it to a number of processes, 1 or more.")
    return int(text)
