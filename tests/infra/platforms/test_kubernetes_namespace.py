import pytest

from infra.platforms.kubernetes_namespace import of_others
from infra.platforms.kubernetes_objects import ClusterObjects
from tests.support.memory_kubectl import MemoryKubectl

OURS = {"app.kubernetes.io/name": "app", "app.kubernetes.io/managed-by": "functions-packager"}


@pytest.fixture
def kubectl():
    kubectl = MemoryKubectl()
    kubectl.put("v1/ConfigMap", "kube-root-ca.crt")
    kubectl.put("v1/Secret", "default-token", type="kubernetes.io/service-account-token")
    kubectl.put("v1/Pod", "app-1", metadata={"labels": OURS})
    kubectl.put("batch/v1/Job", "owned", metadata={"ownerReferences": [{"kind": "CronJob"}]})
    return kubectl


def test_what_the_cluster_makes_is_nobodys(kubectl):
    assert of_others(kubectl, ClusterObjects(kubectl, "app")) == ""


@pytest.mark.parametrize(
    "kind",
    [
        "v1/PersistentVolumeClaim",
        "v1/Secret",
        "v1/ConfigMap",
        "v1/Pod",
        "v1/Service",
        "batch/v1/Job",
        "batch/v1/CronJob",
    ],
)
def test_the_smallest_thing_of_others_keeps_it(kubectl, kind):
    kubectl.put(kind, "theirs")
    assert of_others(kubectl, ClusterObjects(kubectl, "app")) == f"{kind.rpartition('/')[2]}/theirs"
