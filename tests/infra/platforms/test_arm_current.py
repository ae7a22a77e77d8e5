import pytest

from infra.platforms.arm_current import current, settled
from infra.platforms.arm_values import Values
from tests.support.arm_platform import SHARED, place, rendered
from tests.support.deployments import SECRETS, spec


def _now(azure, wanted, kind):
    [manifest] = [each for each in rendered(wanted) if each.kind.endswith(kind)]
    with azure.client() as arm:
        body = Values(arm, place(), {"API_KEY_OF_THE_APP": "hush"}, planning=False).of(manifest.body)
        return current(arm, place(), manifest, body)


@pytest.fixture(autouse=True)
def _secret(monkeypatch) -> None:
    monkeypatch.setenv("API_KEY_OF_THE_APP", "hush")


def test_a_site_with_its_settings(azure) -> None:
    wanted = spec("functions", registry_group=SHARED, settings=SECRETS)
    azure.apply(wanted)

    found = _now(azure, wanted, "sites")

    assert {"name": "API_KEY", "value": "hush"} in found["properties"]["siteConfig"]["appSettings"]
    assert found["properties"]["siteConfig"]["minTlsVersion"] == "1.2"


def test_a_container_app_with_its_secrets(azure) -> None:
    wanted = spec("container_apps", registry_group=SHARED, settings=SECRETS)
    azure.apply(wanted)

    found = _now(azure, wanted, "containerApps")

    assert "hush" in [each["value"] for each in found["properties"]["configuration"]["secrets"]]


def test_a_container_group_whose_secrets_nobody_can_read(azure) -> None:
    wanted = spec("container_instances", registry_group=SHARED, settings=SECRETS)
    azure.apply(wanted)

    [container] = _now(azure, wanted, "containerGroups")["properties"]["containers"]

    hidden = [each for each in container["properties"]["environmentVariables"] if "secureValue" in each]
    assert [(each["name"], str(each["secureValue"])) for each in hidden] == [("API_KEY", "hush")]


def test_what_is_not_there(azure) -> None:
    azure.put("/resourceGroups/diabetes-group", {"location": "westeurope"})

    assert _now(azure, spec("functions", registry_group=SHARED), "serverfarms") is None


def test_waits_no_longer_than_it_may(azure) -> None:
    wanted = spec("functions", registry_group=SHARED)
    azure.apply(wanted)
    [site] = azure.fake.store.of_kind("Microsoft.Web/sites")
    site.kept["pending"] = 1000

    with azure.client() as arm:
        assert settled(arm, site.path, "2024-11-01", pause=0.001, limit=0.01) == "creating"
