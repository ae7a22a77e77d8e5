"""What ran before is put back: every object as it was applied then, Secrets as they were."""

from collections.abc import Mapping, Sequence
from typing import Any

from infra.contract import Log
from infra.platforms.kubernetes_objects import (
    SCALERS,
    ClusterObjects,
    Object,
    address,
    applied_in,
    data_of,
    kind_of,
    remembered_in,
)
from infra.platforms.kubernetes_rollout import DEPLOYMENT
from infra.targets.kubernetes_secrets import SECRET


def put_back(objects: ClusterObjects, name: str, before: Mapping[str, Object], log: Log) -> bool:
    """Make it what it was when it was last seen running, with the Secrets of `before`; False when it is that already.

    What came since goes again. Raises what kubectl raises.
    """
    now = objects.own()
    good = {address(body): body for body in remembered_in(now.get(f"{DEPLOYMENT}/{name}"))}
    secrets = [each for each in before.values() if kind_of(each) == SECRET and _differs(each, now.get(address(each)))]
    bodies = [body for where, body in good.items() if applied_in(now.get(where)) != body]
    added = [each for where, each in now.items() if where not in good and not _is_kept(each, before)]
    scalers = [each for each in added if kind_of(each) in SCALERS]
    _put(objects, [_secret_body(each) for each in secrets], now)
    objects.delete_scalers(scalers, log)
    _put(objects, bodies, now)
    for each in reversed(added):
        if each not in scalers:
            objects.delete(each)
    for each in secrets:
        objects.drop_keys(each, now.get(address(each)))
    return bool(secrets or bodies or added)


def _put(objects: ClusterObjects, bodies: Sequence[Object], now: Mapping[str, Object]) -> None:
    for each in bodies:
        objects.put(each, now.get(address(each)))


def _is_kept(found: Object, before: Mapping[str, Object]) -> bool:
    """Secrets of an earlier apply are remembered nowhere: one of them may be what the pods start with."""
    return kind_of(found) == SECRET and address(found) in before


def _differs(secret: Object, now: Object | None) -> bool:
    return now is None or data_of(secret) != data_of(now)


def _secret_body(found: Object) -> dict[str, Any]:
    said = {key: found[key] for key in ("apiVersion", "kind", "type") if key in found}
    kept = {key: value for key, value in found["metadata"].items() if key in ("name", "namespace", "labels")}
    return {**said, "metadata": kept, "data": dict(data_of(found))}
