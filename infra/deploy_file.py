"""A deployment written down in a file, so that nobody has to type it twice."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.contract import RegistryLogin, Scale, Secret, Size
from infra.errors import InvalidDeployment
from infra.numbers_in_text import bytes_in

_KNOWN = ("image", "target", "name", "settings", "secrets", "size", "scale", "registry", "tags", "options")


def read_deployment(file: Path) -> dict[str, Any]:
    """The keyword arguments of specify() that a TOML file says, `image` and `target` among them.

    Raises InvalidDeployment for a file that is not there or is none, and for a key that does not exist.
    """
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidDeployment(f"{file} cannot be read as TOML: {error}") from error
    for key in said:
        if key not in _KNOWN:
            raise InvalidDeployment(f"{file} has the key {key!r}; a deployment has {', '.join(_KNOWN)}.")
    return arguments_of(said)


def arguments_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments of specify() for what was written; keys that were not are left out."""
    found = {key: said[key] for key in ("image", "target", "name", "tags") if said.get(key)}
    settings = {**said.get("settings", {}), **{name: secret(text) for name, text in said.get("secrets", {}).items()}}
    if settings:
        found["settings"] = settings
    if size := said.get("size"):
        found["size"] = _made(
            Size, "size", {**size, **({"memory": bytes_in(size["memory"])} if "memory" in size else {})}
        )
    if scale := said.get("scale"):
        found["scale"] = _made(Scale, "scale", scale)
    if login := said.get("registry"):
        password = {"password": secret(login["password"])} if login.get("password") else {}
        found["registry"] = _made(RegistryLogin, "registry", {**login, **password})
    return {**found, **said.get("options", {})}


def secret(text: str) -> Secret:
    """Where a secret is: `https://...` is in a vault, everything else is the name of an environment variable."""
    return Secret(vault_uri=text) if text.startswith("https://") else Secret(variable=text)


def _made(kind: type, part: str, said: Mapping[str, Any]) -> Any:
    try:
        return kind(**said)
    except TypeError as error:
        raise InvalidDeployment(f"The part {part!r} of the deployment does not fit: {error}.") from error
