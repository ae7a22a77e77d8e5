"""App settings: the environment over local.settings.json."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from function_host.errors import ConfigError


def load_settings(root: Path, environment: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """The app's settings: `environment` (by default the process's) over `Values` of local.settings.json."""
    environment = os.environ if environment is None else environment
    return MappingProxyType({**_local_values(root / "local.settings.json"), **environment})


def publish(settings: Mapping[str, str]) -> None:
    """Let user code read every setting from the environment, as it does on Microsoft's host."""
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def _local_values(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        values = document.get("Values", {})
        return {str(name): str(value) for name, value in values.items()}
    except (ValueError, AttributeError) as error:
        raise ConfigError(f'{path} must be JSON of the form {{"Values": {{"NAME": "text"}}}}: {error}') from error


def thread_count(settings: Mapping[str, str]) -> int | None:
    """How many threads run synchronous functions (`PYTHON_THREADPOOL_THREAD_COUNT`); None leaves it to Python."""
    text = settings.get("PYTHON_THREADPOOL_THREAD_COUNT", "")
    return int(text) if text.isdecimal() and int(text) > 0 else None


def process_count(settings: Mapping[str, str]) -> int:
    """How many processes run the app (`FUNCTIONS_WORKER_PROCESS_COUNT`), by default one; raises ConfigError."""
    text = settings.get("FUNCTIONS_WORKER_PROCESS_COUNT", "").strip() or "1"
    if not text.isdecimal() or int(text) < 1:
        raise ConfigError(f"FUNCTIONS_WORKER_PROCESS_COUNT is {text!r}; set it to a number of processes, 1 or more.")
    return int(text)
