import base64
import json
from dataclasses import replace

import pytest

from infra.contract import RegistryLogin, Scale, Secret
from infra.errors import ApplyFailed, InvalidDeployment, NeverReady, NotPermitted
from infra.platforms.kubernetes import KubernetesPlatform, open_kubernetes
from infra.platforms.kubernetes_stamp import STAMP
from infra.targets.kubernetes import target
from infra.targets.kubernetes_names import MANAGER
from tests.support.deployments import ELSEWHERE, image
from tests.support.kubernetes_objects import cluster_spec
from tests.support.memory_deployments import DEPLOYMENT, TIMES, actions, applied, changed, container, opened
from tests.support.memory_kubectl import MemoryKubectl

KEDA = ("keda.sh/v1alpha1/ScaledObject", "diabetes")
SETTINGS = "v1/Secret/diabetes-settings"


@pytest.fixture
def kubectl(monkeypatch):
    for name, value in {"STORAGE": "AccountName=a", "BUS": "sb", "PW": "hidden-pw"}.items():
        monkeypatch.setenv(name, value)
    return MemoryKubectl()


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


def stamp(kubectl):
    return kubectl.objects[DEPLOYMENT]["spec"]["template"]["metadata"]["annotations"][STAMP]


def test_a_secret_that_changes_is_named_and_changes_the_pods(kubectl, monkeypatch):
    spec = cluster_spec()
    applied(kubectl, spec)
    before = stamp(kubectl)
    monkeypatch.setenv("BUS", "another")
    told = changed(kubectl, spec)
    assert told[SETTINGS] == ("ServiceBusConnectionString: changed",)
    assert told["v1/Deployment/diabetes"][0].startswith(f"spec.template.metadata.annotations.{STAMP}: ")
    kubectl.done.clear()
    applied(kubectl, spec)
    assert kubectl.done == [f"apply {SETTINGS}", "apply apps/v1/Deployment/diabetes"]
    assert stamp(kubectl) != before
    assert opened(kubectl, spec).status().state == "running"
    assert changed(kubectl, spec) == {}


def test_pods_change_with_a_secret_whatever_else_changes(kubectl, monkeypatch):
    applied(kubectl, cluster_spec(scale=Scale(min_replicas=2, max_replicas=2)))
    before = stamp(kubectl)
    monkeypatch.setenv("STORAGE", "AccountName=rotated")
    applied(kubectl, cluster_spec(scale=Scale(min_replicas=3, max_replicas=3)))
    assert stamp(kubectl) != before


def test_pods_that_an_interruption_left_with_the_old_secret_are_told_and_changed(kubectl, monkeypatch):
    spec = cluster_spec()
    applied(kubectl, spec)
    before = stamp(kubectl)
    monkeypatch.setenv("STORAGE", "AccountName=rotated")
    kubectl.forbidden.add("apps/v1/Deployment/diabetes")
    with pytest.raises(NotPermitted):
        applied(kubectl, spec)
    kubectl.forbidden.clear()
    assert set(changed(kubectl, spec)) == {"v1/Deployment/diabetes"}
    applied(kubectl, spec)
    assert stamp(kubectl) != before
    assert changed(kubectl, spec) == {}


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
    kubectl.unreadable.add("v1/Secret")
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


def test_a_setting_that_is_taken_out_is_told_and_goes(kubectl):
    base = cluster_spec()
    more = replace(base, settings={**base.settings, "FOO": "1", "KEY": Secret(variable="PW")})
    applied(kubectl, more)
    told = changed(kubectl, base)
    assert told[SETTINGS] == ("KEY: removed",)
    assert told["v1/Deployment/diabetes"][1:] == ("FOO: removed", "KEY: removed")
    kubectl.done.clear()
    applied(kubectl, base)
    assert kubectl.done[-2:] == ["apply apps/v1/Deployment/diabetes", "drop KEY of diabetes-settings"]
    assert changed(kubectl, base) == {}
    assert {"FOO", "KEY"}.isdisjoint(each["name"] for each in container(kubectl)["env"])
    assert set(kubectl.get("v1/Secret", "diabetes-settings")["data"]) == set(base.settings)


def test_options_that_are_taken_out_go(kubectl):
    host = {"hostname": "d.example.com"}
    more = cluster_spec(**host, cpu_limit=2.0, identity_client_id="7c2b", tls_secret="t", ingress_class="nginx")
    applied(kubectl, more)
    plain = cluster_spec(**host)
    found = changed(kubectl, plain)
    assert set(found["v1/Ingress/diabetes"]) == {
        "spec.tls[0].secretName: removed", "spec.ingressClassName: removed"
    }  # fmt: skip
    assert found["v1/ServiceAccount/diabetes"] == ("metadata.annotations: removed",)
    applied(kubectl, plain)
    assert changed(kubectl, plain) == {}
    assert "cpu" not in container(kubectl)["resources"]["limits"]
    assert "azure.workload.identity/use" not in kubectl.objects[DEPLOYMENT]["spec"]["template"]["metadata"]["labels"]
    assert "ingressClassName" not in kubectl.get("networking.k8s.io/v1/Ingress", "diabetes")["spec"]


def test_what_others_added_is_theirs_and_what_they_changed_is_told(kubectl):
    spec = cluster_spec()
    applied(kubectl, spec)
    template = kubectl.objects[DEPLOYMENT]["spec"]["template"]["spec"]
    template["containers"].append({"name": "sidecar", "image": "x"})
    assert changed(kubectl, spec) == {}
    template["containers"][0]["image"] = "by:hand"
    ((change,),) = changed(kubectl, spec).values()
    assert change.startswith("spec.template.spec.containers[app].image: 'by:hand' -> 'teamimages")
    applied(kubectl, spec)
    assert [each["name"] for each in kubectl.objects[DEPLOYMENT]["spec"]["template"]["spec"]["containers"]] == [
        "app", "sidecar"
    ]  # fmt: skip


def test_what_the_new_pods_need_no_more_goes_when_the_old_ones_are_gone(kubectl):
    login = RegistryLogin(server="r.example.com", username="me", password=Secret(variable="PW"))
    applied(kubectl, cluster_spec(registry=login))
    kubectl.done.clear()
    applied(kubectl, cluster_spec())
    assert kubectl.done == ["apply apps/v1/Deployment/diabetes", "delete v1/Secret/diabetes-registry"]


def test_a_fixed_number_is_handed_over_to_what_scales_from_now_on(kubectl):
    applied(kubectl, cluster_spec(scale=Scale(min_replicas=3, max_replicas=3)))
    applied(kubectl, cluster_spec(keda=False))
    assert kubectl.get(*DEPLOYMENT)["spec"]["replicas"] == 3


def test_the_old_scaler_goes_before_the_new_one_comes(kubectl):
    applied(kubectl, cluster_spec())
    kubectl.done.clear()
    applied(kubectl, cluster_spec(keda=False))
    assert kubectl.done == [
        "delete keda.sh/v1alpha1/ScaledObject/diabetes",
        "apply autoscaling/v2/HorizontalPodAutoscaler/diabetes",
        "delete keda.sh/v1alpha1/TriggerAuthentication/diabetes-score-blob",
    ]


def test_the_old_scaler_is_gone_before_a_fixed_number_is_said(kubectl):
    applied(kubectl, cluster_spec())
    kubectl.done.clear()
    applied(kubectl, cluster_spec(scale=Scale(min_replicas=2, max_replicas=2)))
    assert kubectl.done == [
        "delete keda.sh/v1alpha1/ScaledObject/diabetes",
        "apply apps/v1/Deployment/diabetes",
        "delete keda.sh/v1alpha1/TriggerAuthentication/diabetes-score-blob",
    ]


def test_what_goes_last_goes_in_the_reverse_order_of_making(kubectl):
    login = RegistryLogin(server="r.example.com", username="me", password=Secret(variable="PW"))
    applied(kubectl, cluster_spec(registry=login, hostname="d.example.com"))
    kubectl.done.clear()
    applied(kubectl, cluster_spec(keda=False))
    assert [each for each in kubectl.done if each.startswith("delete")] == [
        "delete keda.sh/v1alpha1/ScaledObject/diabetes",
        "delete networking.k8s.io/v1/Ingress/diabetes",
        "delete keda.sh/v1alpha1/TriggerAuthentication/diabetes-score-blob",
        "delete v1/Secret/diabetes-registry",
    ]


def test_what_is_going_is_waited_for_and_made_anew(kubectl):
    spec, lines = cluster_spec(namespace="ml", create_namespace=True), []
    applied(kubectl, spec)
    for kind, name in (KEDA, ("v1/Namespace", "ml")):
        kubectl.objects[kind, name]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    told = actions(kubectl, spec)
    assert told["keda.sh/v1alpha1/ScaledObject/diabetes"] == told["v1/Namespace/ml"] == "create"
    assert "keda.sh/v1alpha1/ScaledObject/diabetes" not in opened(kubectl, spec, lines).remove()
    with pytest.raises(
        ApplyFailed, match=r"ScaledObject/diabetes is being deleted and was not gone after 0 s; see .* final"
    ):
        applied(kubectl, spec)

    def go(line):
        lines.append(line)
        if line.startswith("Waiting for keda.sh/v1alpha1/ScaledObject/diabetes to go"):
            kubectl.objects.clear()

    KubernetesPlatform(spec, log=go, kubectl=kubectl, times=TIMES).apply(target.render(spec))
    assert "create keda.sh/v1alpha1/ScaledObject/diabetes" in lines


def test_a_deployment_whose_pods_are_found_by_other_labels_is_told_before_anything_is_changed(kubectl):
    spec = cluster_spec()
    applied(kubectl, spec)
    kubectl.objects[DEPLOYMENT]["spec"]["selector"] = {"matchLabels": {"app.kubernetes.io/name": "diabetes"}}
    kubectl.done.clear()
    for call in (opened(kubectl, spec).diff, opened(kubectl, spec).apply):
        with pytest.raises(ApplyFailed, match=r"kubectl delete deployment diabetes --cascade=orphan"):
            call(target.render(spec))
    assert kubectl.done == []


class Racing(MemoryKubectl):
    """Somebody else makes the keys between the look and the making."""

    def create(self, body, about):
        self.put("v1/Secret", "diabetes-keys", metadata=body["metadata"], data={"host.master": "dGhlaXJz"})
        return super().create(body, about)


def test_keys_that_somebody_makes_at_the_same_time_are_the_ones(kubectl):
    spec, racing = cluster_spec(of=image({"http": {}}), keda=False), Racing()
    found = applied(racing, spec)
    data = racing.get("v1/Secret", "diabetes-keys")["data"]
    assert data["host.master"] == "dGhlaXJz"
    assert base64.b64decode(data["host.function.default"]).decode() == found.key


def test_what_cannot_be_remembered_is_told_and_no_failure(kubectl):
    lines = []

    class Forgetful(MemoryKubectl):
        def apply(self, body, about, *, manager=MANAGER):
            if manager.endswith("-memory"):
                raise ApplyFailed("metadata.annotations: Too long")
            super().apply(body, about, manager=manager)

    spec = cluster_spec()
    assert opened(Forgetful(), spec, lines).apply(target.render(spec)).state == "running"
    assert lines[-1].startswith("What runs now could not be remembered, so nothing puts it back later: metadata.ann")


def test_a_mended_image_is_not_judged_by_the_pods_of_the_broken_one(kubectl):
    kubectl.rolling.broken.add(ELSEWHERE)
    with pytest.raises(NeverReady):
        applied(kubectl, cluster_spec(of=image(reference=ELSEWHERE)))
    assert applied(kubectl, cluster_spec()).state == "running"


def test_an_image_without_any_pod_was_not_seen(kubectl):
    queue = image({"storage_queue": {}})
    spec = cluster_spec(of=queue)
    applied(kubectl, spec)
    kubectl.objects[DEPLOYMENT]["spec"]["replicas"] = 0
    opened(kubectl, spec).status()
    other = cluster_spec(of=replace(queue, reference=ELSEWHERE))
    kubectl.rolling.broken.add(ELSEWHERE)
    found = applied(kubectl, other)
    assert (found.state, found.details["start"][:30]) == ("stopped", "no pod of it was seen yet: the")
    assert "start" not in applied(kubectl, other).details
    kubectl.objects[DEPLOYMENT]["spec"]["replicas"] = 1
    kubectl.objects[DEPLOYMENT]["metadata"]["generation"] += 1
    third = cluster_spec(of=replace(queue, reference=f"{ELSEWHERE}3"))
    kubectl.rolling.broken.add(f"{ELSEWHERE}3")
    with pytest.raises(NeverReady, match="put back; there were times when no pod answered"):
        applied(kubectl, third)
    assert container(kubectl)["image"] == spec.image.reference


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
    assert kubectl.objects == {}
    assert opened(kubectl, spec).remove() == []
    kubectl.put("v1/Namespace", "ml", metadata={"labels": {"app.kubernetes.io/name": "another"}})
    assert opened(kubectl, spec).remove() == []


def test_logs_are_of_all_pods(kubectl):
    assert list(opened(kubectl, cluster_spec()).logs(lines=5, follow=True)) == ["Listening"]
    assert "--tail=5" in kubectl.done[0]
    assert "--selector app.kubernetes.io/name=diabetes,app.kubernetes.io/managed-by=functions" in kubectl.done[0]
    assert "--follow" in kubectl.done[0]


@pytest.mark.parametrize("name", ["a\0b", "a,b=c", "A", ""])
def test_a_name_that_kubectl_would_misread_is_refused_by_every_call(kubectl, name):
    with pytest.raises(InvalidDeployment, match="is none for Kubernetes"):
        opened(kubectl, cluster_spec(name=name))
