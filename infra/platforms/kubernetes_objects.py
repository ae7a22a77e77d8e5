"""A deployment's objects in a cluster: what is there, what was applied, and what was when it was last seen running."""

import base64
import json
import time
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from infra.contract import Log
from infra.errors import ApplyFailed
from infra.platforms.kubectl import Kubectl
from infra.platforms.kubernetes_compare import differences
from infra.platforms.kubernetes_rollout import DEPLOYMENT
from infra.targets.kubernetes_names import MANAGED, MANAGER, NAME
from infra.targets.kubernetes_secrets import SECRET

INGRESS = "networking.k8s.io/v1/Ingress"
SCALERS = ("keda.sh/v1alpha1/ScaledObject", "autoscaling/v2/HorizontalPodAutoscaler")
_KINDS = (
    "v1/ServiceAccount", SECRET, "networking.k8s.io/v1/NetworkPolicy", "v1/Service", DEPLOYMENT,
    "policy/v1/PodDisruptionBudget", "autoscaling/v2/HorizontalPodAutoscaler",
    "keda.sh/v1alpha1/TriggerAuthentication", "keda.sh/v1alpha1/ScaledObject", INGRESS,
)  # fmt: skip
"""All that a deployment may have, in the order of making."""
APPLIED = f"{MANAGER}/applied"
"""The annotation with what we said: what the cluster made of it does not tell what to take away again."""
GOOD = f"{MANAGER}/last-running"
"""The Deployment's annotation with all objects, as they were applied when its pods were last seen answering."""
_MEMORY, _HAND_OVER = f"{MANAGER}-memory", f"{MANAGER}-hand-over"
Object = Mapping[str, Any]


class ClusterObjects:
    """Of one deployment; errors are those of kubectl."""

    def __init__(self, kubectl: Kubectl, name: str, *, limit: float = 60.0, pause: float = 2.0) -> None:
        """Waits `limit` s for what is being deleted, and looks every `pause` s."""
        self._kubectl, self._name, self._limit, self._pause = kubectl, name, limit, pause
        self.labels = {NAME: name, MANAGED: MANAGER}

    def is_ours(self, found: Object) -> bool:
        """Did this deployment make it?"""
        return bool(self.labels.items() <= found["metadata"].get("labels", {}).items())

    def own(self) -> dict[str, Object]:
        """Address -> object, in the order of making.

        What another object owns, as KEDA's autoscaler, is not ours; what is being deleted is there no more.
        """
        found = self._kubectl.labelled(_KINDS, self.labels)
        ours = [each for each in found if not each["metadata"].get("ownerReferences") and not is_going(each)]
        return {address(each): each for each in sorted(ours, key=lambda each: _KINDS.index(kind_of(each)))}

    def settled(self, bodies: Sequence[Object], log: Log) -> Sequence[Object]:
        """Those that are there, once none of them is being deleted; raises ApplyFailed for one that does not go."""
        deadline, is_told = time.monotonic() + self._limit, False
        while True:
            found = self._kubectl.existing(bodies)
            going = next((address(each) for each in found if is_going(each)), "")
            if not going:
                return found
            if time.monotonic() >= deadline:
                raise ApplyFailed(
                    f"{going} is being deleted and was not gone after {self._limit:.0f} s; see what its finalizers "
                    "wait for, and apply again when it is gone."
                )
            if not is_told:
                log(f"Waiting for {going} to go, which is being deleted.")
                is_told = True
            time.sleep(self._pause)

    def create(self, body: Object) -> bool:
        """Make one that was not there; False when somebody else did meanwhile."""
        return self._kubectl.create(body, address(body))

    def put(self, body: Object, actual: Object | None) -> None:
        """Make one object so; takes away what we said the last time and do not say now. Of a Secret every key stays."""
        where = address(body)
        if kind_of(body) == SECRET:
            data = {**data_of(actual), **body["data"]}
            self._kubectl.apply({**_as_seen(body, actual), "data": data}, where)
            return
        if "replicas" in applied_in(actual).get("spec", {}) and "replicas" not in body["spec"]:
            self._hand_over(actual or {})
        self._kubectl.apply(_annotated(body, APPLIED, body), where)

    def drop_keys(self, body: Object, actual: Object | None) -> None:
        """Take out of a Secret what `body` has not: when no pod is left that wants it."""
        gone = sorted(data_of(actual).keys() - data_of(body).keys())
        if gone:
            self._kubectl.drop_data(body["metadata"]["name"], gone)

    def delete(self, found: Object) -> None:
        self._kubectl.delete(kind_of(found), found["metadata"]["name"])

    def delete_scalers(self, found: Sequence[Object], log: Log) -> None:
        """Until they are gone: they would fight over the pods with whoever scales next."""
        for each in found:
            self.delete(each)
        if found:
            self.settled(found, log)

    def remember(self, own: Mapping[str, Object]) -> None:
        """Keep what was applied of them, if the pods answer now; Secrets alone are kept nowhere."""
        pods = own.get(f"{DEPLOYMENT}/{self._name}")
        if pods is None or not _answers(pods) or not applied_in(pods):
            return
        bodies = [body for each in own.values() if (body := applied_in(each))]
        if bodies != remembered_in(pods):
            # By another manager: what is applied later carries it on without a word.
            self._kubectl.apply(_annotated(_named(pods), GOOD, bodies), address(pods), manager=_MEMORY)

    def _hand_over(self, pods: Object) -> None:
        """To whoever scales from now on: a number that nobody says any more would be one."""
        body = {**_named(pods), "spec": {"replicas": pods["spec"]["replicas"]}}
        self._kubectl.apply(body, address(pods), manager=_HAND_OVER)


def is_going(found: Object) -> bool:
    """Is it being deleted? It may stay a while, and takes nothing any more."""
    return bool(found["metadata"].get("deletionTimestamp"))


def kind_of(found: Object) -> str:
    return f"{found['apiVersion']}/{found['kind']}"


def address(found: Object) -> str:
    return f"{kind_of(found)}/{found['metadata']['name']}"


def data_of(secret: Object | None) -> Mapping[str, str]:
    """A Secret's values, encoded."""
    return (secret or {}).get("data") or {}


def applied_in(found: Object | None) -> dict[str, Any]:
    """What we said it shall be; empty where we said nothing."""
    return dict(_annotation(found, APPLIED) or {})


def remembered_in(pods: Object | None) -> list[dict[str, Any]]:
    """What was applied when the pods were last seen answering; nothing where they never were."""
    return list(_annotation(pods, GOOD) or [])


def changes(body: Object, actual: Object) -> tuple[str, ...]:
    """How an object is not as `body` says: `path: 1 -> 2`; of a Secret the keys alone. Empty when it is so."""
    if kind_of(body) == SECRET:
        found = differences({"data": body["data"]}, {"data": data_of(actual)}, whole=True)
        told = ((path.removeprefix("data."), what if what == "removed" else "changed") for path, what in found.items())
        return tuple(f"{key}: {what}" for key, what in told)
    last = applied_in(actual)
    found = {**(differences(body, last, whole=True) if last else {}), **differences(body, actual)}
    if not found and not last:
        found = {f"metadata.annotations[{APPLIED}]": "added"}
    return tuple(f"{path}: {what}" for path, what in found.items())


def _annotation(found: Object | None, name: str) -> Any:
    """Nothing, too, where somebody wrote something else there."""
    text = ((found or {}).get("metadata", {}).get("annotations") or {}).get(name)
    try:
        return json.loads(zlib.decompress(base64.b64decode(text))) if text else None
    except (ValueError, zlib.error):
        return None


def _annotated(body: Object, name: str, value: object) -> Object:
    """Packed: all annotations of an object may have 256 KiB together."""
    metadata = body["metadata"]
    text = base64.b64encode(zlib.compress(json.dumps(value).encode())).decode()
    return {**body, "metadata": {**metadata, "annotations": {**metadata.get("annotations", {}), name: text}}}


def _as_seen(body: Object, actual: Object | None) -> Object:
    """Refused by the cluster if somebody changed it since it was seen: values that were made once would be lost."""
    if actual is None:
        return body
    return {**body, "metadata": {**body["metadata"], "resourceVersion": actual["metadata"]["resourceVersion"]}}


def _answers(pods: Object) -> bool:
    """Is one of them available and none an old one? All of them need not be: more may be on their way."""
    said = pods.get("status", {})
    is_seen = said.get("observedGeneration", 0) >= pods["metadata"].get("generation", 0)
    is_whole = said.get("updatedReplicas", 0) == said.get("replicas", 0)
    return bool(is_seen and is_whole and said.get("availableReplicas", 0) > 0)


def _named(found: Object) -> Object:
    metadata = {key: found["metadata"][key] for key in ("name", "namespace") if key in found["metadata"]}
    return {"apiVersion": found["apiVersion"], "kind": found["kind"], "metadata": metadata}
