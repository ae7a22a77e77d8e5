"""The platform with the real kubectl against a stand-in for the API server."""

import base64
import json
import shutil
import subprocess
from dataclasses import replace

import pytest

from infra.contract import RegistryLogin, Scale, Secret
from infra.errors import ApplyFailed, InvalidDeployment, NeverReady, NotPermitted, PlatformUnavailable
from infra.platforms.kubectl import Kubectl
from infra.platforms.kubernetes import KubernetesPlatform, Times
from infra.targets.kubernetes import target
from tests.support import require
from tests.support.deployments import ELSEWHERE, image
from tests.support.fake_kubernetes import fake_cluster
from tests.support.kubernetes_objects import EVERYTHING, cluster_spec

TIMES = Times(pause=0.01, margin=-302.0)
LOGIN = RegistryLogin(server="r.example.com", username="me", password=Secret(variable="PW"))
SECRETS = {"STORAGE": "AccountName=a;AccountKey=c2VjcmV0", "BUS": "Endpoint=sb://b", "PW": "hidden-pw"}


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    require(shutil.which("kubectl") is not None, "kubectl is not installed: apt-get install kubernetes-client")
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with fake_cluster(tmp_path) as (found, config):
        monkeypatch.setenv("KUBECONFIG", str(config))
        yield found


def opened(spec, lines=None):
    log = (lambda _: None) if lines is None else lines.append
    return KubernetesPlatform(spec, log=log, times=TIMES)


def actions(spec):
    return [each.action for each in opened(spec).diff(target.render(spec))]


def test_a_round_trip(cluster):
    spec = cluster_spec(
        of=image(EVERYTHING), namespace="ml", create_namespace=True, hostname="d.example.com", tls_secret="t",
        registry=LOGIN,
    )  # fmt: skip
    lines: list[str] = []
    assert set(actions(spec)) == {"create"}
    assert opened(spec).status() is None
    made = opened(spec, lines).apply(target.render(spec))
    assert (made.state, made.url, made.image) == ("running", "https://d.example.com", spec.image.reference)
    assert lines[0] == "create v1/Namespace/ml"
    assert set(actions(spec)) == {"none"}
    writes = [call for call in cluster.calls if call[0] != "GET"]
    opened(spec).apply(target.render(spec))
    assert [call for call in cluster.calls if call[0] != "GET"] == writes
    assert list(opened(spec).logs(lines=5)) == [
        f"[pod/{next(name for kind, _, name in cluster.objects if kind == 'pods')}/app] Listening on port 8080"
    ]
    gone = opened(spec).remove()
    assert gone[-1] == "v1/Namespace/ml"
    assert {key[0] for key in cluster.objects} == {"namespaces"}
    assert opened(spec).remove() == []


def test_no_secret_is_kept_anywhere_but_in_secrets(cluster):
    spec = cluster_spec(registry=LOGIN)
    lines: list[str] = []
    opened(spec, lines).apply(target.render(spec))
    kept = {key: str(each) for key, each in cluster.objects.items() if key[0] != "secrets"}
    assert not [key for key, text in kept.items() for secret in SECRETS.values() if secret in text]
    secret = cluster.objects["secrets", "default", "diabetes-settings"]
    assert "annotations" not in secret["metadata"]
    assert set(secret["data"]) == set(spec.settings)
    assert ".dockerconfigjson" in cluster.objects["secrets", "default", "diabetes-registry"]["data"]
    assert not any(secret in line for line in lines for secret in SECRETS.values())


def test_a_change_is_told_and_made_alone(cluster, monkeypatch):
    spec = cluster_spec()
    opened(spec).apply(target.render(spec))
    other = cluster_spec(of=image(reference=ELSEWHERE))
    (change,) = [each for each in opened(other).diff(target.render(other)) if each.action != "none"]
    assert change.address == "apps/v1/Deployment/diabetes"
    assert ELSEWHERE in change.details[0]
    assert opened(other).apply(target.render(other)).image == ELSEWHERE
    monkeypatch.setenv("STORAGE", "AccountName=other")
    change, pods = (each for each in opened(other).diff(target.render(other)) if each.action != "none")
    assert (pods.address, len(pods.details)) == ("apps/v1/Deployment/diabetes", 1)
    assert change.details[:2] == ("TriggerConnectionString: changed", "AzureWebJobsStorage: changed")
    before = cluster.objects["deployments", "default", "diabetes"]["metadata"]["generation"]
    opened(other).apply(target.render(other))
    assert cluster.objects["deployments", "default", "diabetes"]["metadata"]["generation"] == before + 1


def test_what_is_no_longer_wanted_goes(cluster):
    spec, fixed = cluster_spec(), cluster_spec(scale=Scale(min_replicas=2, max_replicas=2))
    opened(spec).apply(target.render(spec))
    cluster.put(
        "horizontalpodautoscalers", "default",
        {
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": {},
            "metadata": {
                "name": "keda-hpa-diabetes",
                "labels": cluster.objects["deployments", "default", "diabetes"]["metadata"]["labels"],
                "ownerReferences": [{"kind": "ScaledObject"}],
            },
        },
    )  # fmt: skip
    # What another manager said is taken over.
    cluster.managers["deployments", "default", "diabetes"].apply({}, "another", {"spec": {"replicas": 5}})
    gone = [each.address for each in opened(fixed).diff(target.render(fixed)) if each.action == "delete"]
    assert gone == [
        "keda.sh/v1alpha1/ScaledObject/diabetes", "keda.sh/v1alpha1/TriggerAuthentication/diabetes-score-blob"
    ]  # fmt: skip
    assert opened(fixed).apply(target.render(fixed)).details["replicas"] == "2 available of 2"
    assert ("scaledobjects", "default", "diabetes") not in cluster.objects
    assert ("horizontalpodautoscalers", "default", "keda-hpa-diabetes") in cluster.objects


def test_what_is_taken_out_goes_and_what_others_added_stays(cluster):
    base = cluster_spec()
    more = replace(base, settings={**base.settings, "FOO": "1", "KEY": Secret(variable="PW")})
    opened(more).apply(target.render(more))
    secret = cluster.objects["secrets", "default", "diabetes-settings"]["data"]
    secret["THEIRS"] = secret["KEY"]
    pods = cluster.objects["deployments", "default", "diabetes"]
    pods["spec"]["template"]["spec"]["containers"].append({"name": "sidecar", "image": "x"})
    told = {each.address: each.details for each in opened(base).diff(target.render(base)) if each.details}
    assert told["v1/Secret/diabetes-settings"] == ("KEY: removed", "THEIRS: removed")
    assert told["apps/v1/Deployment/diabetes"][1:] == ("FOO: removed", "KEY: removed")
    assert len(told) == 2
    opened(base).apply(target.render(base))
    assert set(cluster.objects["secrets", "default", "diabetes-settings"]["data"]) == set(base.settings)
    app, sidecar = cluster.objects["deployments", "default", "diabetes"]["spec"]["template"]["spec"]["containers"]
    assert {"FOO", "KEY"}.isdisjoint(each["name"] for each in app["env"])
    assert sidecar["name"] == "sidecar"
    assert set(actions(base)) == {"none"}


def test_after_an_interruption_the_last_good_one_is_put_back(cluster):
    spec, broken = cluster_spec(registry=LOGIN), cluster_spec(of=image(reference=ELSEWHERE), keda=False)
    opened(spec).apply(target.render(spec))
    cluster.rolling.broken.add(ELSEWHERE)

    def interrupt(line):
        if line.startswith("Waiting"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        KubernetesPlatform(broken, log=interrupt, times=TIMES).apply(target.render(broken))
    with pytest.raises(NeverReady, match="put back; a pod has answered all the time"):
        opened(broken).apply(target.render(broken))
    assert set(actions(spec)) == {"none"}


def test_pods_that_never_answer_are_put_back(cluster):
    spec, broken = cluster_spec(), cluster_spec(of=image(reference=ELSEWHERE))
    opened(spec).apply(target.render(spec))
    cluster.rolling.broken.add(ELSEWHERE)
    cluster.log = "ValueError: no weights\n"
    with pytest.raises(NeverReady, match="ended 4 times") as caught:
        opened(broken).apply(target.render(broken))
    assert caught.value.output == "ValueError: no weights"
    assert opened(spec).status().image == spec.image.reference
    assert opened(spec).status().state == "running"


def test_a_first_one_that_never_answers_stays_to_be_looked_at(cluster):
    cluster.rolling.broken.add(ELSEWHERE)
    spec = cluster_spec(of=image(reference=ELSEWHERE))
    with pytest.raises(NeverReady, match="stays as it is"):
        opened(spec).apply(target.render(spec))
    assert opened(spec).status().state == "deploying"


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ({"namespace": "nowhere"}, ApplyFailed, "create_namespace=true"),
        ({"context": "elsewhere"}, PlatformUnavailable, "'elsewhere'"),
    ],
)
def test_places_that_are_not_there(cluster, said, error, words):
    spec = cluster_spec(**said)
    with pytest.raises(error, match=words):
        opened(spec).apply(target.render(spec))


def test_what_is_forbidden_names_the_verb(cluster):
    cluster.forbidden.add("deployments")
    spec = cluster_spec()
    with pytest.raises(NotPermitted, match='cannot patch resource "deployments"'):
        opened(spec).apply(target.render(spec))
    cluster.forbidden.clear()
    assert opened(spec).apply(target.render(spec)).state == "running"


def test_a_cluster_without_keda(cluster):
    cluster.missing.add("keda.sh/v1alpha1")
    spec = cluster_spec()
    with pytest.raises(ApplyFailed, match="keda=false"):
        opened(spec).apply(target.render(spec))
    plain = cluster_spec(keda=False)
    assert opened(plain).apply(target.render(plain)).state == "running"


def test_a_cluster_that_is_gone(tmp_path, monkeypatch):
    with fake_cluster(tmp_path) as (_, config):
        monkeypatch.setenv("KUBECONFIG", str(config))
    with pytest.raises(PlatformUnavailable, match="'fake'"):
        opened(cluster_spec(context="fake")).status()


def test_a_secret_that_is_not_set(cluster, monkeypatch):
    monkeypatch.delenv("STORAGE")
    spec = cluster_spec()
    with pytest.raises(InvalidDeployment, match="'STORAGE' holds a secret"):
        opened(spec).apply(target.render(spec))


def test_kubectl_must_be_there():
    kubectl = Kubectl(context="", namespace="default", command=("no-such-kubectl",))
    with pytest.raises(PlatformUnavailable, match="no-such-kubectl cannot be run"):
        kubectl.get("v1/Secret", "x")


def test_the_rendered_script_makes_the_same_secrets(cluster):
    spec = cluster_spec(of=image({"blob": {}, "http": {}}), registry=LOGIN)
    opened(spec).apply(target.render(spec))
    applied = {key: each["data"] for key, each in cluster.objects.items() if key[0] == "secrets"}
    for key in applied:
        del cluster.objects[key]
    script = target.export(spec)["create-secrets.sh"]
    for command in ("apply", "create"):
        script = script.replace(f"kubectl {command}", f"kubectl {command} --validate=false")
    subprocess.run(["bash", "-c", script], check=True, capture_output=True)
    made = {key: each["data"] for key, each in cluster.objects.items() if key[0] == "secrets"}
    settings, login = ("secrets", "default", "diabetes-settings"), ("secrets", "default", "diabetes-registry")
    keys = ("secrets", "default", "diabetes-keys")
    assert set(made) == {settings, login, keys}
    assert set(made[keys]) == set(applied[keys])
    assert len(set(made[keys].values()) | set(applied[keys].values())) == 4
    subprocess.run(["bash", "-c", script], check=True, capture_output=True)
    assert cluster.objects[keys]["data"] == made[keys]
    assert opened(spec).status().key == base64.b64decode(made[keys]["host.function.default"]).decode()
    assert made[settings] == applied[settings]
    ours, theirs = (
        json.loads(base64.b64decode(each[login][".dockerconfigjson"]))["auths"]["r.example.com"]["auth"]
        for each in (made, applied)
    )
    assert ours == theirs


def test_what_others_made_is_left_alone(cluster):
    spec = cluster_spec(namespace="team", create_namespace=True)
    cluster.put("namespaces", "", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}})
    opened(spec).apply(target.render(spec))
    assert "labels" not in cluster.objects["namespaces", "", "team"]["metadata"]
    assert "v1/Namespace/team" not in opened(spec).remove()
    cluster.put(
        "services", "team", {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "diabetes"}, "spec": {}}
    )
    with pytest.raises(ApplyFailed, match="did not make"):
        opened(spec).apply(target.render(spec))


def test_a_namespace_with_others_in_it_stays(cluster):
    spec = cluster_spec(namespace="ml", create_namespace=True)
    opened(spec).apply(target.render(spec))
    other = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "theirs"}, "spec": {}}
    cluster.put("cronjobs", "ml", other)
    lines: list[str] = []
    assert "v1/Namespace/ml" not in opened(spec, lines).remove()
    assert "CronJob/theirs is in it" in lines[-1]


def test_secrets_are_put_back_too(cluster, monkeypatch):
    spec, broken = cluster_spec(), cluster_spec(of=image(reference=ELSEWHERE))
    opened(spec).apply(target.render(spec))
    before = cluster.objects["secrets", "default", "diabetes-settings"]["data"]
    cluster.rolling.broken.add(ELSEWHERE)
    monkeypatch.setenv("STORAGE", "AccountName=other")
    with pytest.raises(NeverReady):
        opened(broken).apply(target.render(broken))
    assert cluster.objects["secrets", "default", "diabetes-settings"]["data"] == before
    assert opened(spec).status().image == spec.image.reference
