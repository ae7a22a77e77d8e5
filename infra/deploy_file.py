"""A deployment written down in a file, so that nobody has to type it twice."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

from infra.contract import RegistryLogin, Scale, Secret, Size
from infra.errors import InvalidDeployment
from infra.numbers_in_text import bytes_in

_TEXTS = ("image", "target", "name")
_KNOWN = ("image", "target", "name", "settings", "secrets", "size", "scale", "registry", "tags", "options")

_ARGUMENTS = frozenset({*_TEXTS, "settings", "size", "scale", "registry", "tags"})


def read_deployment(file: Path) -> dict[str, Any]:
    """What a TOML file says of a deployment, part by part.

    Raises InvalidDeployment for a file that is not there or is none, for a key that does not exist, and for a value
    of the wrong type.
    """
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidDeployment(f"{file} cannot be read as TOML: {error}") from error
    for key, value in said.items():
        if key not in _KNOWN:
            raise InvalidDeployment(f"{file} has the key {key!r}; a deployment has {', '.join(_KNOWN)}.")
        kind = str if key in _TEXTS else dict
        if not isinstance(value, kind):
            wanted = "text" if kind is str else f"a table: [{key}]"
            raise InvalidDeployment(f"{file}: {key!r} must be {wanted}, not {value!r}.")
    return said


def together(said: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Both, part by part and key by key; `more` wins."""
    found = dict(said)
    for key, value in more.items():
        found[key] = {**found.get(key, {}), **value} if isinstance(value, Mapping) else value
    # One name is either a setting or a secret.
    for name in more.get("settings", {}):
        found.get("secrets", {}).pop(name, None)
    for name in more.get("secrets", {}):
        found.get("settings", {}).pop(name, None)
    return found


def arguments_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments of specify() for what was written, `image` and `target` among them."""
    found: dict[str, Any] = {key: said[key] for key in ("image", "target", "name") if said.get(key)}
    if tags := said.get("tags"):
        found["tags"] = {name: _text("tags", name, value) for name, value in tags.items()}
    if settings := _settings(said):
        found["settings"] = settings
    if size := said.get("size"):
        memory = {"memory": bytes_in(size["memory"])} if "memory" in size else {}
        found["size"] = _made(Size, "size", {**size, **memory})
    if scale := said.get("scale"):
        found["scale"] = _made(Scale, "scale", scale)
    if login := said.get("registry"):
        password = {"password": secret(str(login["password"]))} if login.get("password") else {}
        found["registry"] = _made(RegistryLogin, "registry", {**login, **password})
    options = said.get("options", {})
    if taken := sorted(options.keys() & _ARGUMENTS):
        raise InvalidDeployment(f"{taken[0]!r} is no option of a target; it stands by itself in a deployment.")
    return {**found, **options}


def secret(text: str) -> Secret:
    """Where a secret is: `https://...` is in a vault, everything else is the name of an environment variable."""
    return Secret(vault_uri=text) if text.startswith("https://") else Secret(variable=text)


def _settings(said: Mapping[str, Any]) -> dict[str, str | Secret]:
    found: dict[str, str | Secret] = {}
    for name, value in said.get("settings", {}).items():
        found[name] = _text("settings", name, value)
    for name, place in said.get("secrets", {}).items():
        if not isinstance(place, str):
            raise InvalidDeployment(f"The secret {name!r} must name an environment variable or a vault, not {place!r}.")
        found[name] = secret(place)
    return found


def _text(part: str, name: str, value: object) -> str:
    """Numbers and truths are written as JSON does, which is how app settings say them."""
    if isinstance(value, str | bool | int | float):
        return value if isinstance(value, str) else json.dumps(value)
    raise InvalidDeployment(f"{name!r} in {part!r} must be text, a number or a truth, not {value!r}.")


def _made(kind: type, part: str, said: Mapping[str, Any]) -> Any:
    known = get_type_hints(kind)
    for key, value in said.items():
        if key not in known:
            raise InvalidDeployment(f"The part {part!r} of the deployment has no {key!r}; it has {', '.join(known)}.")
        wanted = known[key]
        fits = isinstance(value, int) if wanted == float | None and not isinstance(value, bool) else False
        if not (fits or (isinstance(value, wanted) and not isinstance(value, bool))):
            raise InvalidDeployment(f"{key!r} in {part!r} cannot be {value!r}.")
    return kind(**said)
