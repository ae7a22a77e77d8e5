"""The environment of a container: where its documents say where a value is, the value."""

from collections.abc import Mapping, Sequence
from typing import Any

from infra.config import environment
from infra.errors import InvalidDeployment


def resolved(body: Mapping[str, Any], state: Mapping[str, Any]) -> Mapping[str, str]:
    """Name -> value; raises InvalidDeployment for a secret whose variable is not set.

    `state` is the deployment's: it knows the emulators' connections and the front's port.
    """
    return {name: text_of(value, state, wanted_by=f"setting {name}") for name, value in body["environment"].items()}


def secrets_of(body: Mapping[str, Any]) -> Sequence[str]:
    """The environment variables of whoever deploys that hold a container's secrets."""
    values = (*body["environment"].values(), body["registry"]["password"])
    return [each["secret"] for each in values if isinstance(each, Mapping) and "secret" in each]


def text_of(value: str | Mapping[str, str], state: Mapping[str, Any], *, wanted_by: str) -> str:
    """The value itself, which belongs into no document and no message."""
    if isinstance(value, str):
        return value
    ((kind, name),) = value.items()
    if kind == "emulator":
        return str((state.get("connections") or {}).get(name, ""))
    if kind == "front":
        return f"127.0.0.1:{state.get('port', 0)}"
    found = environment().get(name)
    if found is None:
        raise InvalidDeployment(
            f"The {wanted_by} is a secret in the environment variable {name}, which is not set; set it and deploy "
            "again."
        )
    return found
