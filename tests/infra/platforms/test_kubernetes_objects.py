import copy

import pytest

from infra.errors import ApplyFailed
from infra.platforms.kubernetes_objects import APPLIED, GOOD, ClusterObjects, applied_in, changes, remembered_in
from infra.targets.kubernetes_names import MANAGED, MANAGER, NAME
from tests.support.kubernetes_objects import objects
from tests.support.memory_kubectl import MemoryKubectl

SERVICE = "v1/Service/diabetes"
DEPLOYMENT = "apps/v1/Deployment/diabetes"
OURS = {NAME: "diabetes", MANAGED: MANAGER}


@pytest.fixture
def kubectl():
    return MemoryKubectl()


@pytest.fixture
def cluster(kubectl):
    return ClusterObjects(kubectl, "diabetes")


def secret(**data):
    metadata = {"name": "s", "labels": OURS}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": data}


def running(kubectl):
    while (found := kubectl.get("apps/v1/Deployment", "diabetes"))["status"].get("availableReplicas") != 1:
        pass
    return found


def test_what_is_applied_is_kept_with_it(kubectl, cluster):
    body = objects()["Service"].body
    cluster.put(body, None)
    (found,) = cluster.own().values()
    assert applied_in(found) == body
    assert changes(body, found) == ()


def test_what_was_never_applied_by_us_is_written_once(kubectl, cluster):
    body = objects()["Service"].body
    kubectl.put("v1/Service", "diabetes", metadata={"labels": OURS, "namespace": "default"}, spec=body["spec"])
    found = cluster.own()[SERVICE]
    assert changes(body, found) == (f"metadata.annotations[{APPLIED}]: added",)
    cluster.put(body, found)
    assert changes(body, cluster.own()[SERVICE]) == ()


def test_a_field_that_somebody_set_as_it_is_wanted_now_becomes_ours(kubectl, cluster):
    body = objects()["Service"].body
    cluster.put(body, None)
    kubectl.objects["v1/Service", "diabetes"]["spec"]["sessionAffinity"] = "ClientIP"
    more = {**body, "spec": {**body["spec"], "sessionAffinity": "ClientIP"}}
    assert changes(more, cluster.own()[SERVICE]) == ("spec.sessionAffinity: nothing -> 'ClientIP'",)


def test_a_secret_is_compared_both_ways_and_shown_by_its_keys(kubectl, cluster):
    cluster.put(secret(a="eA==", b="eQ=="), None)
    kubectl.objects["v1/Secret", "s"]["data"]["theirs"] = "eg=="
    found = cluster.own()["v1/Secret/s"]
    assert changes(secret(a="bmV3", c="eA=="), found) == ("a: changed", "c: changed", "b: removed", "theirs: removed")
    assert "annotations" not in found["metadata"]
    cluster.put(secret(a="bmV3"), found)
    assert kubectl.get("v1/Secret", "s")["data"] == {"a": "bmV3", "b": "eQ==", "theirs": "eg=="}
    cluster.drop_keys(secret(a="bmV3"), found)
    assert kubectl.get("v1/Secret", "s")["data"] == {"a": "bmV3"}


def test_own_objects_come_in_the_order_of_making_without_what_others_made(kubectl, cluster):
    for kind in ("networking.k8s.io/v1/Ingress", "v1/ServiceAccount", "apps/v1/Deployment", "v1/Secret"):
        kubectl.put(kind, "diabetes", metadata={"labels": OURS})
    kubectl.put("v1/Service", "diabetes", metadata={"labels": {NAME: "diabetes", MANAGED: "Helm"}})
    owned = {"labels": OURS, "ownerReferences": [{"kind": "ScaledObject"}]}
    kubectl.put("autoscaling/v2/HorizontalPodAutoscaler", "keda-hpa-diabetes", metadata=owned)
    kinds = [each.split("/")[-2] for each in cluster.own()]
    assert kinds == ["ServiceAccount", "Secret", "Deployment", "Ingress"]


def test_what_runs_is_remembered_and_stays_so_while_something_else_is_applied(kubectl, cluster):
    body = objects()["Deployment"].body
    cluster.put(secret(a="eA=="), None)
    cluster.put(body, None)
    cluster.remember(cluster.own())
    assert remembered_in(cluster.own()[DEPLOYMENT]) == []
    running(kubectl)
    cluster.remember(cluster.own())
    assert remembered_in(cluster.own()[DEPLOYMENT]) == [body]
    kubectl.forbidden.add(DEPLOYMENT)
    cluster.remember(cluster.own())
    kubectl.forbidden.clear()
    cluster.put({**body, "spec": {**body["spec"], "minReadySeconds": 1}}, cluster.own()[DEPLOYMENT])
    cluster.remember(cluster.own())
    assert remembered_in(cluster.own()[DEPLOYMENT]) == [body]
    assert "c2VjcmV0" not in str(cluster.own()[DEPLOYMENT])


def test_one_that_answers_is_enough_when_no_old_one_is_left(kubectl, cluster):
    body = objects()["Deployment"].body
    cluster.put(body, None)
    pods = cluster.own()[DEPLOYMENT]
    pods["spec"]["replicas"] = 3
    for told in (
        {"observedGeneration": 1, "replicas": 3, "updatedReplicas": 2, "availableReplicas": 2},
        {"observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 0},
        {"observedGeneration": 0, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3},
    ):
        cluster.remember({DEPLOYMENT: {**pods, "status": told}})
        assert remembered_in(cluster.own()[DEPLOYMENT]) == []
    told = {"observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 2}
    cluster.remember({DEPLOYMENT: {**pods, "status": told}})
    assert remembered_in(cluster.own()[DEPLOYMENT]) == [body]


def test_large_settings_find_room_and_what_somebody_else_wrote_there_is_nothing(kubectl, cluster):
    body = copy.deepcopy(objects()["Deployment"].body)
    env = body["spec"]["template"]["spec"]["containers"][0]["env"]
    env.append({"name": "BIG", "value": '{"a":"b"},' * 20_000})
    cluster.put(body, None)
    running(kubectl)
    cluster.remember(cluster.own())
    found = cluster.own()[DEPLOYMENT]
    assert remembered_in(found) == [body]
    assert sum(map(len, found["metadata"]["annotations"].values())) < 2**18
    found["metadata"]["annotations"] |= {APPLIED: '{"by":"hand"}', GOOD: "AAAA"}
    assert (applied_in(found), remembered_in(found)) == ({}, [])


def test_a_secret_that_somebody_changed_since_it_was_seen_is_not_overwritten(kubectl, cluster):
    cluster.put(secret(a="eA=="), None)
    seen = cluster.own()["v1/Secret/s"]
    cluster.put(secret(a="bmV3"), seen)
    with pytest.raises(ApplyFailed, match="has been modified"):
        cluster.put(secret(a="b2xk"), seen)
    assert not cluster.create(secret(a="b2xk"))
    assert kubectl.get("v1/Secret", "s")["data"] == {"a": "bmV3"}


def test_nothing_is_remembered_where_nothing_is(cluster, kubectl):
    cluster.remember({})
    assert kubectl.objects == {}
