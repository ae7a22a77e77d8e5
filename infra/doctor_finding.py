"""What the doctor says, and the values of settings that can be known where it runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from infra.config import environment
from infra.contract import DeploymentSpec, Secret

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. No secret is in it."""

    level: Level
    """`error`: it will not work; `warning`: it may not do what is meant."""
    check: str
    """What was looked at: `settings`, `storage`, `service_bus`, `patterns`, `port`, `runtime`, `memory` ..."""
    message: str
    fix: str = ""
    """What to do about it; empty where there is nothing to do."""


def ok(check: str, message: str) -> Finding:
    return Finding(level="ok", check=check, message=message)


def warning(check: str, message: str, fix: str = "") -> Finding:
    return Finding(level="warning", check=check, message=message, fix=fix)


def error(check: str, message: str, fix: str = "") -> Finding:
    return Finding(level="error", check=check, message=message, fix=fix)


def known_settings(spec: DeploymentSpec) -> Mapping[str, str]:
    """Those with a value that can be had here: as text, or in an environment variable that is set."""
    variables = environment()
    values = {name: _value(value, variables) for name, value in spec.settings.items()}
    return {name: value for name, value in values.items() if value is not None}


def plain(spec: DeploymentSpec, name: str) -> str:
    """A setting that is no secret, in any case of its name; empty where there is none."""
    found = (value for key, value in spec.settings.items() if key.lower() == name.lower())
    return next((value.strip() for value in found if isinstance(value, str)), "")


def _value(value: str | Secret, variables: Mapping[str, str]) -> str | None:
    return value if isinstance(value, str) else variables.get(value.variable)
