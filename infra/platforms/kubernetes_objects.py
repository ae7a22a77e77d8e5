"""A deployment's objects in a cluster: what is there, what was applied, and what was when it was last seen running."""

import json
from collections.abc import Mapping
from typing import Any

from infra.platforms.kubectl import Kubectl
from infra.platforms.kubernetes_compare import differences
from infra.platforms.kubernetes_rollout import DEPLOYMENT, state_of
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

    def __init__(self, kubectl: Kubectl, name: str) -> None:
        self._kubectl, self._name = kubectl, name
        self.labels = {NAME: name, MANAGED: MANAGER}

    def is_ours(self, found: Object) -> bool:
        """Did this deployment make it?"""
        return bool(self.labels.items() <= found["metadata"].get("labels", {}).items())

    def own(self) -> dict[str, Object]:
        """Address -> object, in the order of making; what another object owns, as KEDA's autoscaler, is not ours."""
        found = self._kubectl.labelled(_KINDS, self.labels)
        ours = [each for each in found if not each["metadata"].get("ownerReferences")]
        return {address(each): each for each in sorted(ours, key=lambda each: _KINDS.index(kind_of(each)))}

    def put(self, body: Object, actual: Object | None) -> None:
        """Make one object so; takes away what we said the last time and do not say now. Of a Secret every key stays."""
        where = address(body)
        if kind_of(body) == SECRET:
            self._kubectl.apply({**body, "data": {**data_of(actual), **body["data"]}}, where)
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

    def remember(self, own: Mapping[str, Object]) -> None:
        """Keep what was applied of them, if the pods answer now; Secrets alone are kept nowhere."""
        pods = own.get(f"{DEPLOYMENT}/{self._name}")
        if pods is None or state_of(pods) != "running" or not applied_in(pods):
            return
        bodies = [body for each in own.values() if (body := applied_in(each))]
        if bodies != remembered_in(pods):
            # By another manager: what is applied later carries it on without a word.
            self._kubectl.apply(_annotated(_named(pods), GOOD, bodies), address(pods), manager=_MEMORY)

    def _hand_over(self, pods: Object) -> None:
        """To whoever scales from now on: a number that nobody says any more would be one."""
        body = {**_named(pods), "spec": {"replicas": pods["spec"]["replicas"]}}
        self._kubectl.apply(body, address(pods), manager=_HAND_OVER)


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
    text = ((found or {}).get("metadata", {}).get("annotations") or {}).get(name)
    return json.loads(text) if text else None


def _annotated(body: Object, name: str, value: object) -> Object:
    metadata = body["metadata"]
    text = json.dumps(value, separators=(",", ":"), sort_keys=True)
    return {**body, "metadata": {**metadata, "annotations": {**metadata.get("annotations", {}), name: text}}}


def _named(found: Object) -> Object:
    metadata = {key: found["metadata"][key] for key in ("name", "namespace") if key in found["metadata"]}
    return {"apiVersion": found["apiVersion"], "kind": found["kind"], "metadata": metadata}
