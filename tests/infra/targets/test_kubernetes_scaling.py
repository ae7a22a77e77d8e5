import pytest

from infra.contract import Scale
from infra.errors import InvalidDeployment
from tests.support.deployments import image
from tests.support.kubernetes_objects import EVERYTHING, objects


def scaled(**said):
    return objects(**said)["ScaledObject"].body["spec"]


def test_blobs_scale_by_the_queue_of_work_and_never_by_their_number():
    (trigger,) = scaled()["triggers"]
    assert trigger == {
        "name": "score-blob",
        "type": "azure-queue",
        "metadata": {
            "queueName": "azure-webjobs-blobtrigger-diabetes", "queueLength": "5", "queueLengthStrategy": "all"
        },
        "authenticationRef": {"name": "diabetes-score-blob"},
    }  # fmt: skip
    login = objects()["TriggerAuthentication/diabetes-score-blob"].body["spec"]
    assert login == {
        "secretTargetRef": [
            {"parameter": "connection", "name": "diabetes-settings", "key": "AzureWebJobsStorage"}
        ]
    }  # fmt: skip


def test_one_pod_must_look_for_blobs_and_none_for_messages():
    assert scaled()["minReplicaCount"] == 1
    assert scaled(of=image({"service_bus_queue": {}}))["minReplicaCount"] == 0


def test_several_triggers_are_one_object():
    found = scaled(of=image(EVERYTHING), scale=Scale(max_replicas=20, target_utilization=60))
    assert [each["type"] for each in found["triggers"]] == ["azure-queue", "azure-servicebus", "cpu"]
    assert found["triggers"][2]["metadata"] == {"value": "60"}
    assert (found["minReplicaCount"], found["maxReplicaCount"]) == (1, 20)
    assert "HorizontalPodAutoscaler" not in objects(of=image(EVERYTHING))
    assert "replicas" not in objects(of=image(EVERYTHING))["Deployment"].body["spec"]


def test_identity_opens_accounts_without_secrets():
    said = {"TriggerConnectionString__accountName": "team", "AzureWebJobsStorage__accountName": "team"}
    (trigger,) = scaled(settings=said, identity_client_id="7c2b")["triggers"]
    assert trigger["metadata"]["accountName"] == "team"
    assert "connectionFromEnv" not in trigger["metadata"]
    with pytest.raises(InvalidDeployment, match="KEDA cannot look into the connection"):
        objects(settings=said)


def test_a_connection_that_is_no_secret_is_read_from_the_pods():
    plain = {"TriggerConnectionString": "AccountName=a", "AzureWebJobsStorage": "AccountName=a"}
    (trigger,) = scaled(settings=plain)["triggers"]
    assert trigger["metadata"]["connectionFromEnv"] == "AzureWebJobsStorage"
    assert "authenticationRef" not in trigger


def test_requests_alone_scale_by_the_load():
    found = objects(of=image({}), scale=Scale(max_replicas=4))["HorizontalPodAutoscaler"].body["spec"]
    assert (found["minReplicas"], found["maxReplicas"]) == (1, 4)
    (metric,) = found["metrics"]
    assert metric["resource"]["target"] == {"type": "Utilization", "averageUtilization": 70}


def test_without_keda_the_load_decides():
    found = objects(keda=False)
    assert "ScaledObject" not in found
    assert "HorizontalPodAutoscaler" in found


def test_a_fixed_number_is_not_scaled():
    found = objects(scale=Scale(min_replicas=3, max_replicas=3))
    assert "ScaledObject" not in found
    assert found["Deployment"].body["spec"]["replicas"] == 3
