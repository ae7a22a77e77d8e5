import base64
import json

import pytest

from infra.contract import RegistryLogin, Scale, Secret
from infra.errors import ApplyFailed, InvalidDeployment, NeverReady
from infra.platforms.kubernetes import KubernetesPlatform, Times, open_kubernetes
from infra.targets.kubernetes import target
from tests.support.deployments import ELSEWHERE, image
from tests.support.kubernetes_objects import cluster_spec
from tests.support.memory_kubectl import MemoryKubectl

DEPLOYMENT = ("apps/v1/Deployment", "diabetes")
SETTINGS = "v1/Secret/diabetes-settings"
TIMES = Times(pause=0.0, margin=-310.0)


@pytest.fixture
def kubectl(monkeypatch):
    for name, value in {"STORAGE": "AccountName=a", "BUS": "sb", "PW": "hidden-pw"}.items():
        monkeypatch.setenv(name, value)
    return MemoryKubectl()


def opened(kubectl, spec, lines=None):
    log = (lambda _: None) if lines is None else lines.append
    return KubernetesPlatform(spec, log=log, kubectl=kubectl, times=TIMES)


def applied(kubectl, spec):
    return opened(kubectl, spec).apply(target.render(spec))


def actions(kubectl, spec):
    return {each.address: each.action for each in opened(kubectl, spec).diff(target.render(spec))}


def test_opening_asks_nobody():
    assert isinstance(open_kubernetes(cluster_spec(context="nowhere"), log=print), KubernetesPlatform)


def test_there_is_nothing_until_it_is_applied_and_nothing_to_do_after(kubectl):
    spec = cluster_spec()
    assert opened(kubectl, spec).status() is None
    assert set(actions(kubectl, spec).values()) == {"create"}
    made = applied(kubectl, spec)
    assert (made.state, made.url) == ("running", "http://diabetes.default")
    assert made.details["replicas"] == "1 available of 1"
    assert set(actions(kubectl, spec).values()) == {"none"}
    kubectl.done.clear()
    applied(kubectl, spec)
    assert kubectl.done == []


def test_an_ingress_gives_the_address_outside(kubectl):
    found = applied(kubectl, cluster_spec(hostname="d.example.com"))
    assert (found.url, found.details["inside"]) == ("https://d.example.com", "http://diabetes.default")


def test_secrets_get_their_values_from_the_environment_and_are_told_nowhere(kubectl):
    login = RegistryLogin(server="r.example.com", username="me", password=Secret(variable="PW"))
    spec, lines = cluster_spec(registry=login), []
    opened(kubectl, spec, lines).apply(target.render(spec))
    data = kubectl.get("v1/Secret", "diabetes-registry")["data"]
    config = json.loads(base64.b64decode(data[".dockerconfigjson"]))
    assert config["auths"]["r.example.com"]["password"] == "hidden-pw"
    assert base64.b64decode(config["auths"]["r.example.com"]["auth"]) == b"me:hidden-pw"
    assert not [line for line in lines if "hidden-pw" in line]


def test_a_secret_that_changes_is_named_and_restarts_the_pods(kubectl, monkeypatch):
    spec = cluster_spec()
    applied(kubectl, spec)
    monkeypatch.setenv("BUS", "another")
    (change,) = [each for each in opened(kubectl, spec).diff(target.render(spec)) if each.action != "none"]
    assert (change.address, change.details) == (SETTINGS, ("ServiceBusConnectionString: changed",))
    kubectl.done.clear()
    applied(kubectl, spec)
    assert kubectl.done == [f"apply {SETTINGS}", "restart diabetes"]


def test_a_secret_that_is_not_set_is_named_before_anything_is_touched(kubectl, monkeypatch):
    monkeypatch.delenv("STORAGE")
    spec = cluster_spec()
    for call in (opened(kubectl, spec).diff, opened(kubectl, spec).apply):
        with pytest.raises(InvalidDeployment, match="'STORAGE' holds a secret"):
            call(target.render(spec))
    assert kubectl.objects == {}


def test_keys_are_made_once_and_told(kubectl):
    spec, lines = cluster_spec(of=image({"http": {}})), []
    made = opened(kubectl, spec, lines).apply(target.render(spec))
    kept = kubectl.get("v1/Secret", "diabetes-keys")["data"]
    assert base64.b64decode(kept["host.function.default"]).decode() == made.key
    assert len(made.key) >= 50
    assert made.key not in "".join(lines)
    opened(kubectl, spec).apply(target.render(spec))
    assert kubectl.get("v1/Secret", "diabetes-keys")["data"] == kept
    more = cluster_spec(of=image({"http": {}, "event_grid": {}}))
    (change,) = [each for each in opened(kubectl, more).diff(target.render(more)) if each.address.endswith("-keys")]
    assert change.details == ("host.systemKey.eventgrid_extension: changed",)
    assert applied(kubectl, more).key == made.key
    assert set(kubectl.get("v1/Secret", "diabetes-keys")["data"]) > set(kept)


def test_a_key_that_one_may_not_see(kubectl):
    spec = cluster_spec(of=image({"http": {}}))
    applied(kubectl, spec)
    kubectl.forbidden.add("v1/Secret")
    found = opened(kubectl, spec).status()
    assert (found.state, found.key) == ("running", "")
    assert found.details["key"].startswith("not shown: v1/Secret/diabetes-keys: the cluster forbids it")


def test_what_nobody_wants_any_more_goes_but_not_what_another_object_owns(kubectl):
    applied(kubectl, cluster_spec())
    labels = kubectl.get(*DEPLOYMENT)["metadata"]["labels"]
    owned = {"labels": labels, "ownerReferences": [{"kind": "ScaledObject"}]}
    kubectl.put("autoscaling/v2/HorizontalPodAutoscaler", "keda-hpa-diabetes", metadata=owned)
    applied(kubectl, cluster_spec(scale=Scale(min_replicas=1, max_replicas=1)))
    kinds = {kind for kind, _ in kubectl.objects}
    assert "keda.sh/v1alpha1/ScaledObject" not in kinds
    assert "autoscaling/v2/HorizontalPodAutoscaler" in kinds


def test_pods_that_never_answer_are_put_back(kubectl):
    spec = cluster_spec()
    applied(kubectl, spec)
    kubectl.broken.add(ELSEWHERE)
    kubectl.log = ["ValueError: no weights"]
    lines: list[str] = []
    broken = cluster_spec(of=image(reference=ELSEWHERE))
    with pytest.raises(NeverReady, match="put back") as caught:
        opened(kubectl, broken, lines).apply(target.render(broken))
    assert caught.value.output == "ValueError: no weights"
    assert "its container ended 4 times; what ran before is put back." in lines
    assert opened(kubectl, spec).status().image == spec.image.reference


def test_a_first_one_that_never_answers_stays_to_be_looked_at(kubectl):
    kubectl.broken.add(ELSEWHERE)
    with pytest.raises(NeverReady, match="stays as it is"):
        applied(kubectl, cluster_spec(of=image(reference=ELSEWHERE)))
    assert DEPLOYMENT in kubectl.objects


def test_a_deployment_of_another_tool_is_none_of_ours(kubectl):
    kubectl.put(*DEPLOYMENT, metadata={"labels": {"app.kubernetes.io/managed-by": "Helm"}})
    assert opened(kubectl, cluster_spec()).status() is None


def test_deleted_in_the_middle(kubectl):
    class Fading(MemoryKubectl):
        def get(self, kind, name):
            return None

    with pytest.raises(ApplyFailed, match=r"deleted while it started|deleted meanwhile"):
        applied(Fading(), cluster_spec())


def test_all_that_was_made_goes_the_namespace_last_and_only_one_of_its_own(kubectl):
    spec = cluster_spec(namespace="ml", create_namespace=True)
    applied(kubectl, spec)
    assert opened(kubectl, spec).remove()[-1] == "v1/Namespace/ml"
    assert {kind for kind, _ in kubectl.objects} == {"v1/Pod"}
    assert opened(kubectl, spec).remove() == []
    kubectl.put("v1/Namespace", "ml", metadata={"labels": {"app.kubernetes.io/name": "another"}})
    assert opened(kubectl, spec).remove() == []


def test_logs_are_of_all_pods(kubectl):
    assert list(opened(kubectl, cluster_spec()).logs(lines=5, follow=True)) == ["Listening"]
    assert "--tail=5" in kubectl.done[0]
    assert "--follow" in kubectl.done[0]


@pytest.mark.parametrize("name", ["a\0b", "a,b=c", "A", ""])
def test_a_name_that_kubectl_would_misread_is_refused_by_every_call(kubectl, name):
    with pytest.raises(InvalidDeployment, match="is none for Kubernetes"):
        opened(kubectl, cluster_spec(name=name))
