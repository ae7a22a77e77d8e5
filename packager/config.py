"""What the packager reads from its environment."""

import os
from collections.abc import Mapping
from pathlib import Path

from packager.errors import InvalidPackageRequest

DISTRIBUTION = "functions-packager"
DEFAULT_PYTHON = "3.11"
KEPT_DAYS = 30
"""How long the cache keeps what nobody uses."""
# The last second of the year 9999, the last that a date can have.
_LATEST = 253_402_300_799
# Any time will do, if only it is always the same one.
_SOURCE_DATE = 1_577_836_800


def home() -> Path:
    """The folder that keeps registered models: `$PACKAGER_HOME`, else `~/.local/share/packager`."""
    configured = os.environ.get("PACKAGER_HOME")
    return Path(configured).expanduser().absolute() if configured else Path.home() / ".local/share/packager"


def cache() -> Path:
    """The folder for what can be made again: `$PACKAGER_CACHE`, else `~/.cache/packager`; it need not exist yet."""
    configured = os.environ.get("PACKAGER_CACHE")
    return Path(configured).expanduser().absolute() if configured else Path.home() / ".cache/packager"


def source_date() -> int:
    """The time, in seconds since 1970, that files and images bear: `$SOURCE_DATE_EPOCH`, else the start of 2020.

    Raises InvalidPackageRequest for what is no number of seconds.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given and not (given.isdecimal() and int(given) <= _LATEST):
        raise InvalidPackageRequest(f"SOURCE_DATE_EPOCH is {given!r}; set it to whole seconds since 1970, or unset it.")
    return int(given) if given else _SOURCE_DATE


def model_registry() -> str | None:
    """The registry for whoever names none: `$PACKAGER_REGISTRY`, a folder or `blob:<container>`."""
    return os.environ.get("PACKAGER_REGISTRY") or None


def prover() -> str:
    """Who proves packages, by the name of an installed prover: `$PACKAGER_PROVER`, else `local`."""
    return os.environ.get("PACKAGER_PROVER") or "local"


def settings() -> Mapping[str, str]:
    """The environment as app settings, in which a registry's connection is looked up."""
    return dict(os.environ)


def docker_config() -> Path:
    """The folder with the registries' credentials (`config.json`): `$DOCKER_CONFIG`, else `~/.docker`."""
    configured = os.environ.get("DOCKER_CONFIG")
    return Path(configured).expanduser().absolute() if configured else Path.home() / ".docker"


def registry_ca_file() -> Path | None:
    """Certificates to trust beside the system's when talking to registries, as PEM: `$PACKAGER_CA_FILE`."""
    configured = os.environ.get("PACKAGER_CA_FILE")
    return Path(configured).expanduser().absolute() if configured else None


def http_registries() -> frozenset[str]:
    """Registries that may be spoken to without TLS: `$PACKAGER_HTTP_REGISTRIES`, `host:port` with commas between."""
    named = os.environ.get("PACKAGER_HTTP_REGISTRIES", "").split(",")
    return frozenset(name.strip() for name in named if name.strip())


def key_password() -> str | None:
    """The password of private keys for signing: `$PACKAGER_KEY_PASSWORD`."""
    return os.environ.get("PACKAGER_KEY_PASSWORD")


def app_root() -> Path | None:
    """The folder with `azureml-models` of the running app, if we are inside one: `$AML_APP_ROOT`."""
    configured = os.environ.get("AML_APP_ROOT")
    return Path(configured) if configured else None


def warns_of_deprecation() -> bool:
    """False when the user set `$AZUREML_LOG_DEPRECATION_WARNING_ENABLED` to false, as the retired SDK had it."""
    return os.environ.get("AZUREML_LOG_DEPRECATION_WARNING_ENABLED", "").lower() != "false"


def colour_allowed() -> bool:
    """False when the user set `$NO_COLOR` to anything but nothing."""
    return not os.environ.get("NO_COLOR")
