import copy

import pytest

from infra.contract import RegistryLogin, Secret
from infra.errors import ApplyFailed, NeverReady
from infra.platforms.kubernetes import KubernetesPlatform
from infra.platforms.kubernetes_objects import ClusterObjects, applied_in
from infra.platforms.kubernetes_rollback import put_back
from infra.targets.kubernetes import target
from tests.support.deployments import ELSEWHERE, image
from tests.support.kubernetes_objects import cluster_spec, objects
from tests.support.memory_deployments import DEPLOYMENT, TIMES, applied, changed, container, opened
from tests.support.memory_kubectl import MemoryKubectl

WHERE = "apps/v1/Deployment/diabetes"
KEDA, HPA = "keda.sh/v1alpha1/ScaledObject/diabetes", "autoscaling/v2/HorizontalPodAutoscaler/diabetes"


def secret(name, value):
    metadata = objects()["Service"].body["metadata"]
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {**metadata, "name": name}, "data": {"a": value}}


@pytest.fixture
def running():
    """A deployment that runs, with a Secret."""
    found = MemoryKubectl()
    cluster = ClusterObjects(found, "diabetes")
    cluster.put(secret("settings", "b2xk"), None)
    for name in ("Service", "Deployment", "ScaledObject"):
        cluster.put(objects()[name].body, None)
    while found.get("apps/v1/Deployment", "diabetes")["status"]["availableReplicas"] != 1:
        pass
    cluster.remember(cluster.own())
    found.done.clear()
    return found


@pytest.fixture
def cluster(running):
    return ClusterObjects(running, "diabetes")


def test_every_object_is_as_it_was_and_what_came_since_goes_the_scaler_first(running, cluster):
    before = cluster.own()
    cluster.put(objects(of=image(reference=ELSEWHERE))["Deployment"].body, before[WHERE])
    cluster.put(objects(hostname="d.example.com")["Ingress"].body, None)
    cluster.put(secret("registry", "bmV3"), None)
    cluster.put(secret("settings", "bmV3"), before["v1/Secret/settings"])
    cluster.delete(before[KEDA])
    cluster.put(objects(keda=False)["HorizontalPodAutoscaler"].body, None)
    running.done.clear()
    assert put_back(cluster, "diabetes", before, print)
    assert running.done == [
        "apply v1/Secret/settings", f"delete {HPA}", f"apply {WHERE}", f"apply {KEDA}",
        "delete networking.k8s.io/v1/Ingress/diabetes", "delete v1/Secret/registry",
    ]  # fmt: skip
    now = cluster.own()
    assert now.keys() == before.keys()
    assert {where: applied_in(each) for where, each in now.items()} == {
        where: applied_in(each) for where, each in before.items()
    }
    assert now["v1/Secret/settings"]["data"] == {"a": "b2xk"}


def test_what_is_as_it_was_is_not_touched(running, cluster):
    assert not put_back(cluster, "diabetes", cluster.own(), print)
    assert running.done == []


def test_a_secret_is_put_back_alone(running, cluster):
    before = copy.deepcopy(cluster.own())
    more = secret("settings", "bmV3")
    cluster.put({**more, "data": {**more["data"], "b": "bmV3"}}, before["v1/Secret/settings"])
    running.done.clear()
    assert put_back(cluster, "diabetes", before, print)
    assert running.done == ["apply v1/Secret/settings", "drop b of settings"]
    assert running.get("v1/Secret", "settings")["data"] == {"a": "b2xk"}


@pytest.fixture
def kubectl(monkeypatch):
    for name, value in {"STORAGE": "AccountName=a", "BUS": "sb", "PW": "hidden-pw"}.items():
        monkeypatch.setenv(name, value)
    return MemoryKubectl()


def test_a_broken_update_takes_nothing_from_those_that_run(kubectl):
    login = RegistryLogin(server="r.example.com", username="me", password=Secret(variable="PW"))
    good = cluster_spec(registry=login)
    applied(kubectl, good)
    kubectl.rolling.broken.add(ELSEWHERE)
    broken = cluster_spec(of=image(reference=ELSEWHERE), keda=False, hostname="d.example.com")
    with pytest.raises(NeverReady):
        applied(kubectl, broken)
    assert changed(kubectl, good) == {}
    assert kubectl.get("networking.k8s.io/v1/Ingress", "diabetes") is None


class Interrupting:
    """Ctrl-C while the pods are waited for."""

    def append(self, line):
        if line.startswith("Waiting"):
            raise KeyboardInterrupt


def test_after_an_interruption_the_last_good_one_is_put_back_not_the_broken_one(kubectl):
    good, broken = cluster_spec(), cluster_spec(of=image(reference=ELSEWHERE))
    applied(kubectl, good)
    kubectl.rolling.broken.add(ELSEWHERE)
    with pytest.raises(KeyboardInterrupt):
        opened(kubectl, broken, Interrupting()).apply(target.render(broken))
    with pytest.raises(NeverReady, match="put back"):
        applied(kubectl, broken)
    assert (found := opened(kubectl, good).status()).image == good.image.reference
    assert found.state in {"deploying", "running"}


def test_what_finished_after_an_interruption_is_the_good_one(kubectl):
    first, second = cluster_spec(), cluster_spec(of=image(reference=ELSEWHERE))
    third = cluster_spec(of=image(reference=f"{ELSEWHERE}3"))
    applied(kubectl, first)
    with pytest.raises(KeyboardInterrupt):
        opened(kubectl, second, Interrupting()).apply(target.render(second))
    while opened(kubectl, second).status().state != "running":
        pass
    kubectl.rolling.broken.add(third.image.reference)
    with pytest.raises(NeverReady, match="put back"):
        applied(kubectl, third)
    assert opened(kubectl, second).status().image == ELSEWHERE


def test_where_nothing_ever_ran_nothing_is_put_back_and_nothing_claimed(kubectl):
    kubectl.rolling.broken |= {ELSEWHERE, f"{ELSEWHERE}2"}
    for reference in (ELSEWHERE, f"{ELSEWHERE}2"):
        with pytest.raises(NeverReady, match="stays as it is"):
            applied(kubectl, cluster_spec(of=image(reference=reference)))
    assert container(kubectl)["image"] == f"{ELSEWHERE}2"


def test_what_ran_and_runs_no_more_is_not_put_back_over_itself(kubectl):
    spec = cluster_spec()
    applied(kubectl, spec)
    kubectl.rolling.waiting[spec.image.reference] = "ImagePullBackOff"
    kubectl.objects[DEPLOYMENT]["status"]["availableReplicas"] = 0
    kubectl.look = lambda _: None
    kubectl.done.clear()
    with pytest.raises(NeverReady, match="nothing to put back"):
        applied(kubectl, spec)
    assert [each for each in kubectl.done if not each.startswith("logs")] == []


def test_secrets_are_put_back_too(kubectl, monkeypatch):
    good = cluster_spec()
    applied(kubectl, good)
    before = kubectl.get("v1/Secret", "diabetes-settings")["data"]
    kubectl.rolling.broken.add(ELSEWHERE)
    monkeypatch.setenv("STORAGE", "AccountName=other")
    broken = cluster_spec(of=image(reference=ELSEWHERE), settings={**good.settings, "NEW": Secret(variable="PW")})
    with pytest.raises(NeverReady, match="put back"):
        applied(kubectl, broken)
    assert kubectl.get("v1/Secret", "diabetes-settings")["data"] == before


def test_what_cannot_be_put_back_is_said(kubectl):
    applied(kubectl, cluster_spec())
    kubectl.rolling.broken.add(ELSEWHERE)
    kubectl.log_error = ApplyFailed("gone")
    broken = cluster_spec(of=image(reference=ELSEWHERE))

    def forbid(line):
        if "put back" in line:
            kubectl.forbidden.add("apps/v1/Deployment/diabetes")

    platform = KubernetesPlatform(broken, log=forbid, kubectl=kubectl, times=TIMES)
    with pytest.raises(NeverReady, match=r"could not be put back \(apps/v1/Deployment/diabetes: the cluster forbids"):
        platform.apply(target.render(broken))


def test_pods_that_never_answer_are_put_back(kubectl):
    spec = cluster_spec()
    applied(kubectl, spec)
    kubectl.rolling.broken.add(ELSEWHERE)
    kubectl.log = ["ValueError: no weights"]
    lines: list[str] = []
    broken = cluster_spec(of=image(reference=ELSEWHERE))
    with pytest.raises(NeverReady, match="put back; a pod has answered all the time") as caught:
        opened(kubectl, broken, lines).apply(target.render(broken))
    assert caught.value.output == "ValueError: no weights"
    assert "its container ended 4 times; what ran before is put back." in lines
    assert opened(kubectl, spec).status().image == spec.image.reference


def test_a_first_one_that_never_answers_stays_to_be_looked_at(kubectl):
    kubectl.rolling.broken.add(ELSEWHERE)
    with pytest.raises(NeverReady, match="stays as it is"):
        applied(kubectl, cluster_spec(of=image(reference=ELSEWHERE)))
    assert DEPLOYMENT in kubectl.objects
