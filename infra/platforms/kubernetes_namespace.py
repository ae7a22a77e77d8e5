"""What else is in a namespace that a deployment made, as all of it would go with the namespace."""

from infra.platforms.kubectl import Kubectl
from infra.platforms.kubernetes_objects import ClusterObjects, Object, kind_of
from infra.platforms.kubernetes_rollout import DEPLOYMENT
from infra.targets.kubernetes_secrets import SECRET

_CONFIG = "v1/ConfigMap"
_KINDS = (
    DEPLOYMENT, "apps/v1/StatefulSet", "apps/v1/DaemonSet", "batch/v1/Job", "batch/v1/CronJob", "v1/Pod", "v1/Service",
    "v1/PersistentVolumeClaim", SECRET, _CONFIG,
)  # fmt: skip
_OF_THE_CLUSTER = {_CONFIG: ("kube-root-ca.crt", "openshift-service-ca.crt", "istio-ca-root-cert")}
_TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 - a kind of Secret


def of_others(kubectl: Kubectl, objects: ClusterObjects) -> str:
    """`Kind/name` of something that neither the deployment nor the cluster made; empty where there is nothing."""
    found = kubectl.labelled(_KINDS, {})
    return next((f"{each['kind']}/{each['metadata']['name']}" for each in found if _is_theirs(each, objects)), "")


def _is_theirs(found: Object, objects: ClusterObjects) -> bool:
    if objects.is_ours(found) or found["metadata"].get("ownerReferences"):
        return False
    return found["metadata"]["name"] not in _OF_THE_CLUSTER.get(kind_of(found), ()) and found.get("type") != _TOKEN
