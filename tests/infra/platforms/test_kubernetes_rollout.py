import pytest

from infra.errors import ApplyFailed
from infra.platforms.kubernetes_rollout import Rollout, state_of
from infra.targets.kubernetes_names import NAME
from tests.support.memory_kubectl import MemoryKubectl

DEPLOYMENT = "apps/v1/Deployment"
LATE = {"type": "Progressing", "reason": "ProgressDeadlineExceeded"}


def deployment(wanted=1, *, generation=1, **status):
    spec = {"replicas": wanted, "template": {"metadata": {"labels": {NAME: "app"}}, "spec": {}}}
    return {"metadata": {"name": "app", "generation": generation}, "spec": spec, "status": status}


def counted(number, available):
    return {"replicas": number, "updatedReplicas": number, "availableReplicas": available}


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (deployment(2, observedGeneration=1, **counted(2, 2)), "running"),
        (deployment(0, observedGeneration=1), "stopped"),
        (deployment(2, observedGeneration=1, **counted(2, 1)), "deploying"),
        (deployment(2, observedGeneration=1, **{**counted(2, 2), "replicas": 3}), "deploying"),
        # What is said is of the earlier pods still.
        (deployment(2, generation=2, observedGeneration=1, **counted(2, 2)), "deploying"),
        (deployment(2, observedGeneration=1, conditions=[LATE], **counted(2, 0)), "failed"),
        (deployment(2, generation=2, observedGeneration=1, conditions=[LATE]), "deploying"),
        ({"metadata": {}, "spec": {}}, "deploying"),
    ],
)
def test_the_state_of_pods(found, state):
    assert state_of(found) == state


@pytest.fixture
def kubectl():
    return MemoryKubectl()


def rolled(kubectl):
    return Rollout(kubectl, "app", pause=0.0)


def keep(kubectl, found):
    kubectl.put(DEPLOYMENT, "app", spec=found["spec"], status=found["status"], metadata=found["metadata"])


def keep_pod(kubectl, name="one", created="1", **container):
    metadata = {"labels": {NAME: "app"}, "creationTimestamp": created}
    kubectl.put("v1/Pod", name, metadata=metadata, status={"containerStatuses": [container]})


def test_nothing_to_wait_for(kubectl):
    keep(kubectl, deployment(1, observedGeneration=1, **counted(1, 1)))
    assert rolled(kubectl).wait(0.0) == ""


@pytest.mark.parametrize(
    ("container", "why"),
    [
        ({"restartCount": 3}, "its container ended 3 times"),
        (
            {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}},
            "ImagePullBackOff: no such image",
        ),
        ({"state": {"waiting": {"reason": "InvalidImageName"}}}, "InvalidImageName: no more is known"),
        ({"state": {"waiting": {"reason": "ContainerCreating"}}}, "it was not ready within 0 s"),
        ({"restartCount": 2}, "it was not ready within 0 s"),
    ],
)
def test_why_pods_do_not_get_ready(kubectl, container, why):
    keep(kubectl, deployment(1))
    keep_pod(kubectl, **container)
    assert rolled(kubectl).wait(0.0) == why


def test_only_the_newest_pod_says_whether_there_is_hope(kubectl):
    keep(kubectl, deployment(1))
    keep_pod(kubectl, restartCount=9, created="1")
    keep_pod(kubectl, "two", created="2", restartCount=0)
    assert rolled(kubectl).wait(0.0) == "it was not ready within 0 s"


def test_pods_that_are_deleted_meanwhile(kubectl):
    assert rolled(kubectl).wait(0.0) == "it was deleted meanwhile"


def test_the_last_lines_are_those_before_the_crash(kubectl):
    assert rolled(kubectl).last_lines() == ""
    keep_pod(kubectl, restartCount=1)
    kubectl.log = ["one", "two"]
    assert rolled(kubectl).last_lines() == "one\ntwo"
    keep_pod(kubectl, restartCount=0)
    rolled(kubectl).last_lines()
    assert kubectl.done == ["logs one --tail=20 --previous", "logs one --tail=20"]


def test_a_log_that_cannot_be_read_is_no_further_failure(kubectl):
    keep_pod(kubectl)
    kubectl.log_error = ApplyFailed("its log: gone")
    assert rolled(kubectl).last_lines() == "(its log cannot be read: its log: gone)"


def test_what_ran_before_is_put_back_without_what_the_cluster_added(kubectl):
    before = {"apiVersion": "apps/v1", "kind": "Deployment", **deployment(1, **counted(1, 1))}
    before["spec"]["template"]["spec"] = {"containers": [{"image": "old"}]}
    before["metadata"] |= {"resourceVersion": "7", "managedFields": [], "labels": {NAME: "app"}}
    kubectl.put(DEPLOYMENT, "app")
    rolled(kubectl).put_back(before)
    found = kubectl.get(DEPLOYMENT, "app")
    assert found["metadata"] == {"name": "app", "labels": {NAME: "app"}}
    assert found["spec"] == before["spec"]
