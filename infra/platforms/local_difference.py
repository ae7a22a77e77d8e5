"""What would change about a container that runs: named, and never with the value of a setting."""

from collections.abc import Mapping, Sequence
from typing import Any

from infra.platforms.local_containers import Found

_UNSHOWN = ("environment", "registry", "image", "labels")
_PREFIX = "APPSETTING_"
_PORT = "PORT"


def differences(
    before: Mapping[str, Any], body: Mapping[str, Any], found: Found, environment: Mapping[str, str], image: str
) -> Sequence[str]:
    """Between the container and a new one of `body` with that environment; `image` is the image's id, '' if missing.

    `before` is the body that the container was made of.
    """
    changed: list[str] = []
    if found.image != image:
        changed.append(f"image: {before['image']!r} -> {body['image']!r}")
    if found.state not in ("running", "restarting"):
        changed.append(f"state: {found.state!r} -> 'running'")
    changed += _settings(before["environment"], found.environment, environment)
    changed += [
        f"{name}: {before[name]!r} -> {body[name]!r}" for name in _shown(body) if before.get(name) != body[name]
    ]
    if before["labels"] != body["labels"]:
        changed.append("tags: changed")
    return changed


def _settings(before: Mapping[str, Any], has: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    """Also those whose values the container has from elsewhere than the documents, as secrets are."""
    names = sorted(name for name in {*before, *wanted} if not name.startswith(_PREFIX) and name != _PORT)
    found = []
    for name in names:
        if name not in wanted:
            found.append(f"setting {name}: removed")
        elif name not in before:
            found.append(f"setting {name}: added")
        elif has.get(name) != wanted[name]:
            found.append(f"setting {name}: changed")
    return found


def _shown(body: Mapping[str, Any]) -> list[str]:
    return [name for name in body if name not in _UNSHOWN]
