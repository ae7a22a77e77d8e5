import pytest

from infra.contract import RegistryLogin, Scale, Secret, Size
from infra.errors import InvalidDeployment
from infra.resources.expressions import StorageConnection
from tests.support.deployments import ELSEWHERE, SECRETS, app_of, image, rendered


def properties(**said):
    return app_of("container_instances", **said).body["properties"]


def container(**said):
    return properties(**said)["containers"][0]["properties"]


def test_the_container_listens_where_the_group_does() -> None:
    said = properties(of=image(port=9000))

    assert said["ipAddress"]["ports"] == [{"port": 9000, "protocol": "TCP"}]
    assert said["containers"][0]["properties"]["ports"] == [{"port": 9000, "protocol": "TCP"}]
    assert said["containers"][0]["properties"]["readinessProbe"]["httpGet"] == {"path": "/health/ready", "port": 9000}


def test_secrets_are_secure_values_and_others_are_not() -> None:
    found = {
        each["name"]: set(each)
        for each in container(settings={**SECRETS, "PLAIN": "1"}, keys=True)["environmentVariables"]
    }

    assert found["API_KEY"] == found["AzureWebJobsStorage"] == {"name", "secureValue"}
    assert found["PLAIN"] == {"name", "value"}


def test_keys_are_read_when_it_is_deployed() -> None:
    variables = {each["name"]: each.get("secureValue") for each in container(keys=True)["environmentVariables"]}

    assert isinstance(variables["TriggerConnectionString"], StorageConnection)


def test_the_image_is_pulled_by_identity_or_by_a_login() -> None:
    login = RegistryLogin(username="puller", password=Secret(variable="PULL"))

    assert set(properties()["imageRegistryCredentials"][0]) == {"server", "identity"}
    said = properties(of=image(reference=ELSEWHERE), registry=login)["imageRegistryCredentials"]
    assert said == [{"server": "registry.example.org", "username": "puller", "password": Secret(variable="PULL")}]
    assert "imageRegistryCredentials" not in properties(of=image(reference=ELSEWHERE))


@pytest.mark.parametrize(
    ("size", "requests"),
    [
        (Size(), {"cpu": 1.0, "memoryInGB": 1.5}),
        (Size(cpu=0.1, memory=2**29), {"cpu": 0.1, "memoryInGB": 0.5}),
        (Size(cpu=2, memory=1_500_000_000), {"cpu": 2.0, "memoryInGB": 1.4}),
    ],
)
def test_sizes_are_cores_and_tenths_of_gigabytes(size: Size, requests) -> None:
    assert container(size=size)["resources"]["requests"] == requests


@pytest.mark.parametrize(
    ("said", "about"),
    [
        ({"scale": Scale(max_replicas=3)}, "do not scale"),
        ({"scale": Scale(target_utilization=70)}, "do not scale"),
        ({"size": Size(cpu=0)}, "processor"),
        ({"size": Size(cpu=64)}, "31 cores and 240 GB at most, not 64.0 cores"),
        ({"size": Size(memory=2**40)}, "processor"),
        ({"dns_label": "My Label"}, "'My Label' cannot be the name of a label of an address"),
        ({"settings": {"K": Secret(vault_uri="https://vau.vault.azure.net/secrets/k")}}, "'K' is in a vault"),
        (
            {
                "of": image(reference=ELSEWHERE),
                "registry": RegistryLogin(
                    username="u", password=Secret(vault_uri="https://vau.vault.azure.net/secrets/k")
                ),
            },
            "password of the registry is in a vault",
        ),
        ({"name": "Diabetes"}, "container group"),
    ],
)
def test_what_container_instances_cannot_do_is_refused(said, about: str) -> None:
    with pytest.raises(InvalidDeployment, match=about):
        rendered("container_instances", **said)


def test_a_model_has_as_long_to_load_as_the_deployment_says() -> None:
    assert container()["livenessProbe"]["initialDelaySeconds"] == 230
    assert container(ready_timeout=900.5)["livenessProbe"]["initialDelaySeconds"] == 901


def test_a_label_may_be_chosen_and_an_address_left_out() -> None:
    assert properties(dns_label="mine")["ipAddress"]["dnsNameLabel"] == "mine"
    assert "ipAddress" not in properties(public=False)
