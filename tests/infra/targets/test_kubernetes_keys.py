import pytest

from infra.targets.kubernetes_keys import NewKey
from tests.support.deployments import image
from tests.support.kubernetes_objects import CONNECTIONS, objects

KEYS = "Secret/diabetes-keys"


def pod(**said):
    return objects(**said)["Deployment"].body["spec"]["template"]["spec"]


@pytest.mark.parametrize("host", ["functions", "azure_functions"])
def test_a_secret_without_values_is_mounted_where_both_hosts_look(host):
    of = image({"http": {}}, host=host)
    assert objects(of=of)[KEYS].body["stringData"] == {"host.master": NewKey(), "host.function.default": NewKey()}
    found = pod(of=of)
    assert {"name": "keys", "secret": {"secretName": "diabetes-keys"}} in found["volumes"]
    mount = {"name": "keys", "mountPath": "/run/secrets/functions-keys", "readOnly": True}
    assert mount in found["containers"][0]["volumeMounts"]
    assert {"name": "AzureWebJobsSecretStorageType", "value": "kubernetes"} in found["containers"][0]["env"]


@pytest.mark.parametrize(
    ("function", "key"),
    [
        ({"blob": {"source": "EventGrid"}}, "host.systemKey.blobs_extension"),
        ({"blob": {"event_queue": "events"}}, "host.systemKey.blobs_extension"),
        ({"event_grid": {}}, "host.systemKey.eventgrid_extension"),
    ],
)
def test_events_come_with_keys_of_their_own(function, key):
    assert set(objects(of=image(function))[KEYS].body["stringData"]) == {"host.master", "host.function.default", key}


def test_a_web_service_has_no_functions_and_no_such_keys():
    found = objects(of=image({}))
    assert KEYS not in found
    assert "keys" not in str(found["Deployment"].body)


@pytest.mark.parametrize("setting", ["azurewebjobssecretstoragetype", "FUNCTIONS_SECRETS_PATH"])
def test_who_keeps_them_elsewhere_gets_none(setting):
    said = {"of": image({"http": {}}), "settings": {**CONNECTIONS, setting: "blob"}}
    assert KEYS not in objects(**said)
    assert [each["name"] for each in pod(**said)["volumes"]] == ["tmp"]
