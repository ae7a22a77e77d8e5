import time

import pytest

from infra.errors import ApplyFailed
from infra.platforms.kubernetes_rollout import Rollout, state_of
from infra.targets.kubernetes_names import MANAGED, MANAGER, NAME
from tests.support.memory_kubectl import MemoryKubectl

DEPLOYMENT = "apps/v1/Deployment"
OURS = {NAME: "app", MANAGED: MANAGER}
REVISION = "deployment.kubernetes.io/revision"
LATE = {"type": "Progressing", "reason": "ProgressDeadlineExceeded"}


def deployment(wanted=1, *, generation=1, **status):
    spec = {"replicas": wanted, "template": {"metadata": {"labels": {NAME: "app"}}, "spec": {}}}
    metadata = {"name": "app", "generation": generation, "annotations": {REVISION: "2"}}
    return {"metadata": metadata, "spec": spec, "status": status}


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


class Standing(MemoryKubectl):
    """Nothing moves but what a test moves."""

    def look(self, deployment):
        self.looks = getattr(self, "looks", 0) + 1


@pytest.fixture
def kubectl():
    return Standing()


def rolled(kubectl):
    return Rollout(kubectl, "app", pause=0.0)


def keep(kubectl, found):
    kubectl.put(DEPLOYMENT, "app", spec=found["spec"], status=found["status"], metadata=found["metadata"])


def keep_pod(kubectl, name="one", created="1", *, revision="2", labels=OURS, **container):
    labels = {**labels, "pod-template-hash": f"h{revision}"}
    kubectl.put(
        "apps/v1/ReplicaSet", f"app-{revision}", metadata={"labels": labels, "annotations": {REVISION: revision}}
    )
    metadata = {"labels": labels, "creationTimestamp": created}
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
            "it was not ready within 0 s: ImagePullBackOff: no such image",
        ),
        ({"state": {"waiting": {"reason": "InvalidImageName"}}}, "InvalidImageName: no more is known"),
        ({"state": {"waiting": {"reason": "ContainerCreating"}}}, "it was not ready within 0 s"),
        ({"restartCount": 2}, "it was not ready within 0 s"),
    ],
)
def test_why_pods_do_not_get_ready(kubectl, container, why):
    keep(kubectl, deployment(1, observedGeneration=1))
    keep_pod(kubectl, **container)
    assert rolled(kubectl).wait(0.0) == why


def test_a_registry_that_stumbles_is_asked_again_but_not_for_ever(kubectl):
    class Stumbling(Standing):
        def look(self, deployment):
            super().look(deployment)
            if self.looks == self.well_after:
                deployment["status"] = {"observedGeneration": 1, **counted(1, 1)}

    for well_after, why in ((25, ""), (99, "ImagePullBackOff: 429")):
        kubectl = Stumbling()
        kubectl.well_after = well_after
        keep(kubectl, deployment(1, observedGeneration=1))
        keep_pod(kubectl, state={"waiting": {"reason": "ImagePullBackOff", "message": "429"}})
        assert rolled(kubectl).wait(60.0) == why


def test_what_keeps_pods_from_coming_is_told(kubectl):
    quota = {"type": "ReplicaFailure", "message": "exceeded quota: pods=3"}
    keep(kubectl, deployment(1, observedGeneration=1, conditions=[quota]))
    assert rolled(kubectl).wait(0.0) == "it was not ready within 0 s: exceeded quota: pods=3"
    keep(kubectl, deployment(1, observedGeneration=1))
    keep_pod(kubectl)
    unplaced = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}
    kubectl.objects["v1/Pod", "one"]["status"]["conditions"] = [unplaced]
    assert rolled(kubectl).wait(0.0) == "it was not ready within 0 s: 0/3 nodes are available"


def test_a_number_that_goes_up_and_down_is_no_step():
    class Flapping(Standing):
        def look(self, deployment):
            super().look(deployment)
            time.sleep(0.01)
            deployment["status"]["updatedReplicas"] = self.looks % 2

    kubectl = Flapping()
    keep(kubectl, deployment(2, observedGeneration=1))
    assert rolled(kubectl).wait(0.1) == "it was not ready within 0 s"
    assert kubectl.looks < 30


def test_only_the_newest_pod_says_whether_there_is_hope(kubectl):
    keep(kubectl, deployment(1, observedGeneration=1))
    keep_pod(kubectl, restartCount=9, created="1")
    keep_pod(kubectl, "two", created="2", restartCount=0)
    assert rolled(kubectl).wait(0.0) == "it was not ready within 0 s"


def test_pods_of_earlier_images_and_of_other_tools_may_crash_as_they_like(kubectl):
    keep(kubectl, deployment(1, observedGeneration=1))
    keep_pod(kubectl, restartCount=9, created="3", revision="1")
    assert rolled(kubectl).wait(0.0) == "it was not ready within 0 s"
    keep_pod(kubectl, "theirs", created="4", labels={NAME: "app", MANAGED: "Helm"}, restartCount=9)
    assert rolled(kubectl).wait(0.0) == "it was not ready within 0 s"
    keep_pod(kubectl, "two", created="2", restartCount=9)
    assert rolled(kubectl).wait(0.0) == "its container ended 9 times"


def test_what_is_known_of_the_earlier_generation_says_nothing(kubectl):
    keep(kubectl, deployment(1, generation=2, observedGeneration=1))
    keep_pod(kubectl, restartCount=9)
    assert rolled(kubectl).wait(0.0) == "it was not ready within 0 s"


def test_what_the_cluster_gives_up_is_given_up(kubectl):
    late = {**LATE, "message": "it has timed out progressing."}
    keep(kubectl, deployment(2, observedGeneration=1, conditions=[late], **counted(2, 1)))
    assert rolled(kubectl).wait(1.0) == "the cluster gave it up: it has timed out progressing."
    assert kubectl.looks == 2
    quota = {"type": "ReplicaFailure", "message": "exceeded quota: pods=3"}
    keep(kubectl, deployment(2, observedGeneration=1, conditions=[late, quota], **counted(2, 1)))
    assert rolled(kubectl).wait(1.0) == "the cluster gave it up: exceeded quota: pods=3"


def test_each_pod_that_comes_has_the_whole_time():
    class Slow(Standing):
        def look(self, deployment):
            super().look(deployment)
            time.sleep(0.01)
            deployment["status"] = {"observedGeneration": 1, "replicas": 21, "availableReplicas": 20}
            deployment["status"]["updatedReplicas"] = min(20, self.looks)
            if self.looks > 20:
                deployment["status"]["replicas"] = 20

    kubectl = Slow()
    keep(kubectl, deployment(20, observedGeneration=1))
    rollout = rolled(kubectl)
    assert rollout.wait(0.05) == ""
    assert rollout.answered


def test_a_time_without_any_pod_is_seen(kubectl):
    keep(kubectl, deployment(1, observedGeneration=1, **counted(1, 0)))
    rollout = rolled(kubectl)
    rollout.wait(0.0)
    assert not rollout.answered


def test_pods_that_are_deleted_meanwhile(kubectl):
    assert rolled(kubectl).wait(0.0) == "it was deleted meanwhile"


def test_the_last_lines_are_those_before_the_crash(kubectl):
    assert rolled(kubectl).last_lines() == ""
    keep(kubectl, deployment(1, observedGeneration=1))
    assert rolled(kubectl).last_lines() == ""
    keep_pod(kubectl, restartCount=1)
    kubectl.log = ["one", "two"]
    assert rolled(kubectl).last_lines() == "one\ntwo"
    keep_pod(kubectl, restartCount=0)
    rolled(kubectl).last_lines()
    assert kubectl.done == ["logs one --tail=20 --previous", "logs one --tail=20"]


def test_a_log_that_cannot_be_read_is_no_further_failure(kubectl):
    keep(kubectl, deployment(1, observedGeneration=1))
    keep_pod(kubectl)
    kubectl.log_error = ApplyFailed("its log: gone")
    assert rolled(kubectl).last_lines() == "(its log cannot be read: its log: gone)"
