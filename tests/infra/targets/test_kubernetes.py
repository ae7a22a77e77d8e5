import base64
import json
import subprocess

import pytest
import yaml
from jsonschema import ValidationError

from infra.contract import RegistryLogin, Scale, Secret
from infra.errors import InvalidDeployment
from infra.targets.kubernetes import target
from tests.support.deployments import image
from tests.support.kubernetes_objects import EVERYTHING, cluster_spec, every_cluster_deployment, judge, objects

# Tells its arguments, and what is in the files that they name.
KUBECTL = """#!/bin/bash
if [ "$1" = apply ]; then cat >/dev/null; exit; fi
for each in "$@"; do
  case "$each" in
    --from-file=*) echo "${each%=*}=$(cat "${each##*=}")" ;;
    *) echo "$each" ;;
  esac
done >> "$OUT"
"""


@pytest.mark.parametrize("spec", every_cluster_deployment(), ids=range(7))
def test_every_object_is_one_that_a_cluster_takes(spec):
    for each in target.render(spec):
        judge(each)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda pods: pods["template"]["spec"]["containers"][0].update(livenesProbe={}),
        lambda pods: pods.update(replicas="two"),
        lambda pods: pods.pop("selector"),
    ],
)
def test_the_judge_sees_what_is_wrong(spoil):
    pods = objects()["Deployment"]
    spoil(pods.body["spec"])
    with pytest.raises(Exception, match=r"livenesProbe|two|selector"):
        judge(pods)


@pytest.mark.parametrize(
    ("key", "value"), [("maxReplicas", 3), ("minReplicaCount", "1"), ("triggers", [{"type": "azure-blob"}])]
)
def test_the_judge_of_keda_sees_what_is_wrong(key, value):
    scaled = objects()["ScaledObject"]
    scaled.body["spec"][key] = value
    with pytest.raises(ValidationError):
        judge(scaled)


def test_the_whole_app_in_the_order_of_applying():
    spec = cluster_spec(of=image(EVERYTHING), create_namespace=True, namespace="ml", hostname="d.example.com")
    assert [each.kind.rpartition("/")[2] for each in target.render(spec)] == [
        "Namespace", "ServiceAccount", "Secret", "Secret", "NetworkPolicy", "Service", "Deployment",
        "PodDisruptionBudget", "TriggerAuthentication", "TriggerAuthentication", "ScaledObject", "Ingress",
    ]  # fmt: skip
    assert {each.body["metadata"].get("namespace") for each in target.render(spec)[1:]} == {"ml"}


def test_no_secret_is_in_a_file_and_a_script_makes_them(tmp_path):
    spec = cluster_spec(registry=RegistryLogin(server="r.example.com", username="me", password=Secret(variable="PW")))
    files = target.export(spec)
    documents = list(yaml.safe_load_all(files["diabetes.yaml"]))
    assert "Secret" not in [each["kind"] for each in documents]
    assert documents[0]["kind"] == "ServiceAccount"
    assert "&id" not in files["diabetes.yaml"]
    kubectl = tmp_path / "kubectl"
    kubectl.write_text('#!/bin/bash\nprintf "%s\\n" "$@" >> "$OUT.arguments"; cat >> "$OUT"; echo "---" >> "$OUT"\n')
    kubectl.chmod(0o755)
    secrets = {"STORAGE": 'a b;"c', "BUS": "-$x`", "PW": 'p"w'}
    asked = {"PATH": f"{tmp_path}:/usr/bin:/bin", "OUT": str(tmp_path / "out"), **secrets}
    subprocess.run(["bash", "-c", files["create-secrets.sh"]], env=asked, check=True)
    settings, login, keys = [each for each in yaml.safe_load_all((tmp_path / "out").read_text()) if each]
    assert _decoded(settings["data"]["TriggerConnectionString"]) == secrets["STORAGE"]
    assert _decoded(settings["data"]["ServiceBusConnectionString"]) == secrets["BUS"]
    assert settings["metadata"]["name"] == "diabetes-settings"
    (server,) = json.loads(_decoded(login["data"][".dockerconfigjson"]))["auths"].items()
    assert (server[0], _decoded(server[1]["auth"])) == ("r.example.com", 'me:p"w')
    assert len(base64.urlsafe_b64decode(_decoded(keys["data"]["host.master"]))) == 40
    assert keys["data"]["host.master"] != keys["data"]["host.function.default"]
    arguments = (tmp_path / "out.arguments").read_text()
    assert "--server-side" in arguments
    assert not any(secret in arguments for secret in secrets.values())
    del asked["BUS"]
    script = ["bash", "-c", files["create-secrets.sh"]]
    failed = subprocess.run(script, env=asked, check=False, capture_output=True, text=True)
    assert "BUS: set it to the secret" in failed.stderr


@pytest.mark.process
def test_a_script_that_cannot_encode_a_secret_leaves_the_one_in_the_cluster_alone(tmp_path):
    login = RegistryLogin(server="r.example.com", username="me", password=Secret(variable="PW"))
    script = target.export(cluster_spec(registry=login))["create-secrets.sh"]
    for name, text in {"kubectl": 'echo "$1" >> "$OUT"', "base64": "cat; exit 1"}.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{text}\n")
        (tmp_path / name).chmod(0o755)
    asked = {"PATH": f"{tmp_path}:/usr/bin:/bin", "OUT": str(tmp_path / "out"), "STORAGE": "a", "BUS": "b", "PW": "c"}
    assert subprocess.run(["bash", "-c", script], env=asked, check=False).returncode != 0
    assert not (tmp_path / "out").exists()
    assert "--wrap" not in script


@pytest.mark.process
def test_a_script_leaves_keys_alone_that_somebody_makes_meanwhile(tmp_path):
    script = target.export(cluster_spec(of=image({"http": {}}), settings={}))["create-secrets.sh"]
    (tmp_path / "kubectl").write_text(
        """#!/bin/bash
        case "$*" in
            create*) cat > /dev/null; echo "(AlreadyExists)" >&2; exit 1 ;;
            get*--ignore-not-found*) ;;
            get*) exit "$MISSING" ;;
            *) exit 2 ;;
        esac
        """
    )
    (tmp_path / "kubectl").chmod(0o755)
    asked = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    codes = [
        subprocess.run(["bash", "-c", script], env={**asked, "MISSING": code}, check=False).returncode for code in "01"
    ]
    assert codes == [0, 1]


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"name": "Big"}, "'Big' is none for Kubernetes"),
        ({"namespace": "a_b"}, "namespace 'a_b'"),
        ({"tags": {"team": "a b"}}, "tag 'team'"),
        ({"settings": {}}, "needs the setting 'TriggerConnectionString'"),
        ({"settings": {"TriggerConnectionString": Secret(vault_uri="https://v")}}, "is in a vault"),
        ({"registry": RegistryLogin(username="me")}, "'me' has no password"),
        ({"scale": Scale(min_replicas=0), "of": image({})}, "min_replicas=0 would leave requests"),
        ({"scale": Scale(min_replicas=0)}, "events of function 'score_blob' unseen"),
    ],
)
def test_what_cannot_be_is_refused(said, words):
    with pytest.raises(InvalidDeployment, match=words):
        target.render(cluster_spec(**said))
