"""What the packager reads from its environment."""

import os
from collections.abc import Mapping
from pathlib import Path

DISTRIBUTION = "functions-packager"
DEFAULT_PYTHON = "3.11"


def home() -> Path:
    """The folder that keeps registered models: `$PACKAGER_HOME`, else `~/.local/share/packager`."""
    configured = os.environ.get("PACKAGER_HOME")
    return Path(configured).expanduser().absolute() if configured else Path.home() / ".local/share/packager"


def model_registry() -> str | None:
    """The registry for whoever names none: `$PACKAGER_REGISTRY`, a folder or `blob:<container>`."""
    return os.environ.get("PACKAGER_REGISTRY") or None


def settings() -> Mapping[str, str]:
    """The environment as app settings, in which a registry's connection is looked up."""
    return dict(os.environ)


def app_root() -> Path | None:
    """The folder with `azureml-models` of the running app, if we are inside one: `$AML_APP_ROOT`."""
    configured = os.environ.get("AML_APP_ROOT")
    return Path(configured) if configured else None


def colour_allowed() -> bool:
    """False when the user set `$NO_COLOR` to anything but nothing."""
    return not os.environ.get("NO_COLOR")
