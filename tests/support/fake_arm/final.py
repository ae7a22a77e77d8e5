"""What a fake holds in the end, in a form in which two of them can be compared."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.fake_arm.arm import FakeArm
from tests.support.fake_arm.store import Resource
from tests.support.fake_arm.views import of


def final_state(arm: FakeArm) -> dict[str, dict[str, Any]]:
    """Path in lower case -> dotted path of each value -> value, as Azure shows it, app settings included."""
    return {path: dict(_flat(_whole(arm, each))) for path, each in sorted(arm.store.items())}


def differing(one: dict[str, dict[str, Any]], other: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """`path value` -> both values, wherever they are not the same; None stands for what is not there."""
    found = {}
    for path in sorted(one.keys() | other.keys()):
        left, right = one.get(path, {}), other.get(path, {})
        for key in sorted(left.keys() | right.keys()):
            if left.get(key) != right.get(key):
                found[f"{path.rpartition('/providers/')[2]} {key}"] = (left.get(key), right.get(key))
    return found


def _whole(arm: FakeArm, resource: Resource) -> dict[str, Any]:
    body = of(arm, resource)
    kept = {key: value for key, value in resource.kept.items() if key in {"web", "settings"}}
    secrets = resource.body.get("properties", {}).get("configuration", {}).get("secrets", [])
    host = arm.address.removeprefix("https://")
    return _without(host, {**body, **kept, "secrets": secrets})


def _without(host: str, value: Any) -> Any:
    """The port is another one each time."""
    if isinstance(value, dict):
        return {key: _without(host, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without(host, each) for each in value]
    return value.replace(host, "<fake>") if isinstance(value, str) else value


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _flat(each, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        named = all(isinstance(each, Mapping) and "name" in each for each in value)
        for index, each in enumerate(value):
            yield from _flat(each, f"{path}[{each['name'] if named else index}]")
    elif value is not None and value != "":
        is_id = isinstance(value, str) and value.lower().startswith("/subscriptions/")
        yield _key(path), value.lower() if is_id else value


def _key(path: str) -> str:
    """Ids are keys of `userAssignedIdentities`."""
    return path.lower() if "/subscriptions/" in path.lower() else path
