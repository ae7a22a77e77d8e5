import pytest

from infra.contract import Size
from infra.errors import InvalidDeployment
from infra.targets.kubernetes_pods import HOST_ID, MARGIN
from tests.support.deployments import ELSEWHERE, image
from tests.support.kubernetes_objects import CONNECTIONS, objects


def pod(**said):
    return objects(**said)["Deployment"].body["spec"]["template"]["spec"]


def container(**said):
    return pod(**said)["containers"][0]


def test_every_pod_keeps_the_same_ledgers_and_secrets_are_referred_to():
    variables = {each["name"]: each for each in container(settings={**CONNECTIONS, "A": "$(B) a$$b"})["env"]}
    assert variables[HOST_ID] == {"name": HOST_ID, "value": "diabetes"}
    assert variables["A"]["value"] == "$$(B) a$$$$b"
    reference = {"name": "diabetes-settings", "key": "TriggerConnectionString"}
    assert variables["TriggerConnectionString"] == {
        "name": "TriggerConnectionString", "valueFrom": {"secretKeyRef": reference}
    }  # fmt: skip


def test_a_host_id_of_ones_own_is_kept():
    given = [each for each in container(settings={**CONNECTIONS, HOST_ID: "mine"})["env"] if each["name"] == HOST_ID]
    assert given == [{"name": HOST_ID, "value": "mine"}]


def test_it_may_do_nothing_that_it_need_not():
    assert container()["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}
    }  # fmt: skip
    assert pod()["securityContext"]["runAsNonRoot"] is True
    theirs = pod(of=image({}, host="azure_functions", port=80))
    assert "securityContext" not in theirs
    assert theirs["containers"][0]["ports"] == [{"name": "http", "containerPort": 80}]


def test_a_stop_has_time_for_what_was_begun():
    assert pod()["terminationGracePeriodSeconds"] > 25 + container()["lifecycle"]["preStop"]["sleep"]["seconds"]


def test_sizes():
    assert container()["resources"] == {
        "requests": {"cpu": "100m", "memory": "512Mi"}, "limits": {"memory": "512Mi"}
    }  # fmt: skip
    asked = container(size=Size(cpu=1.5, memory=2**30), cpu_limit=2.0, memory_limit=2**31)
    assert asked["resources"] == {
        "requests": {"cpu": "1500m", "memory": "1Gi"}, "limits": {"memory": "2Gi", "cpu": "2"}
    }  # fmt: skip


def test_probes():
    found = container(initial_delay_seconds=100, period_seconds=7, failure_threshold=4, success_threshold=2)
    startup = found["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] == 100
    assert found["livenessProbe"]["httpGet"] == {"path": "/health/live", "port": "http"}
    assert found["readinessProbe"] == {
        "httpGet": {"path": "/health/ready", "port": "http"}, "periodSeconds": 7, "timeoutSeconds": 2,
        "failureThreshold": 4, "successThreshold": 2,
    }  # fmt: skip


def test_nodes_that_can_run_it():
    assert pod()["nodeSelector"] == {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    both = image(reference=ELSEWHERE, platforms=("linux/amd64", "linux/arm64"))
    assert pod(of=both)["nodeSelector"] == {"kubernetes.io/os": "linux"}


def test_an_identity_in_azure():
    found = objects(identity_client_id="7c2b")
    annotations = found["ServiceAccount"].body["metadata"]["annotations"]
    assert annotations == {"azure.workload.identity/client-id": "7c2b"}
    labels = found["Deployment"].body["spec"]["template"]["metadata"]["labels"]
    assert labels["azure.workload.identity/use"] == "true"
    assert "ServiceAccount" not in objects(service_account="there")


def test_pods_share_timers():
    with pytest.raises(InvalidDeployment, match="needs the setting 'AzureWebJobsStorage'"):
        objects(of=image({"timer": {}}), settings={})


def test_pods_share_keys_without_any_account():
    container = objects(of=image({"http": {}}), settings={})["Deployment"].body["spec"]["template"]["spec"][
        "containers"
    ][0]
    assert {"name": "AzureWebJobsSecretStorageType", "value": "kubernetes"} in container["env"]


def test_the_cluster_is_as_patient_as_whoever_waits():
    assert objects(initial_delay_seconds=100)["Deployment"].body["spec"]["progressDeadlineSeconds"] == 100 + MARGIN
