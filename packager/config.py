"""What the packager reads from its environment."""

import os
from pathlib import Path

DISTRIBUTION = "functions-packager"
DEFAULT_PYTHON = "3.11"


def home() -> Path:
    """The folder that keeps registered models: `$PACKAGER_HOME`, else `~/.local/share/packager`."""
    configured = os.environ.get("PACKAGER_HOME")
    return Path(configured).expanduser().absolute() if configured else Path.home() / ".local/share/packager"


def app_root() -> Path | None:
    """The folder with `azureml-models` of the running app, if we are inside one: `$AML_APP_ROOT`."""
    configured = os.environ.get("AML_APP_ROOT")
    return Path(configured) if configured else None


def colour_allowed() -> bool:
    """False when the user set `$NO_COLOR` to anything but nothing."""
    return not os.environ.get("NO_COLOR")
