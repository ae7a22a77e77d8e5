import pytest

from infra.contract import RegistryLogin, Scale, Secret, Size
from infra.errors import InvalidDeployment
from infra.resources.expressions import Property, ResourceId
from tests.support.deployments import ELSEWHERE, app_of, image, rendered, settings_of, spec


def config(**said):
    return app_of("functions", **said).body["properties"]["siteConfig"]


def plan(**said):
    return next(each for each in rendered("functions", **said).values() if each.kind.endswith("serverfarms")).body


def test_the_site_is_the_last_and_waits_for_everything() -> None:
    found = list(rendered("functions").values())

    assert found[-1].kind == "Microsoft.Web/sites"
    assert set(found[-1].after) == {each.address for each in found[:-1]}


def test_image_settings_identity_and_probe_are_in_one_document() -> None:
    said = config()

    assert said["linuxFxVersion"] == f"DOCKER|{image().reference}"
    assert said["acrUseManagedIdentityCreds"] is True
    assert said["acrUserManagedIdentityID"] == Property(
        of=ResourceId(address="Microsoft.ManagedIdentity/userAssignedIdentities/diabetes-identity"),
        path="properties.clientId",
    )
    assert said["healthCheckPath"] == "/admin/host/ping"
    assert app_of("functions").body["identity"]["type"] == "UserAssigned"


@pytest.mark.parametrize(("host", "port"), [("functions", "8080"), ("azure_functions", "80")])
def test_the_port_is_that_of_the_image(host: str, port: str) -> None:
    found = settings_of("functions", of=image(host=host, port=int(port)))

    assert found["WEBSITES_PORT"] == port
    assert found["WEBSITES_ENABLE_APP_SERVICE_STORAGE"] == "false"


def test_only_a_registry_in_azure_is_asked_by_identity() -> None:
    assert "acrUseManagedIdentityCreds" not in config(of=image(reference=ELSEWHERE))


def test_a_registry_with_a_password_has_settings_of_its_own() -> None:
    login = RegistryLogin(username="puller", password=Secret(variable="PULL"))
    found = settings_of("functions", of=image(reference=ELSEWHERE), registry=login)

    assert found["DOCKER_REGISTRY_SERVER_URL"] == "https://registry.example.org"
    assert found["DOCKER_REGISTRY_SERVER_PASSWORD"] == Secret(variable="PULL")


def test_a_secret_in_a_vault_is_a_reference_to_it() -> None:
    uri = "https://team.vault.azure.net/secrets/key"
    found = app_of("functions", settings={"KEY": Secret(vault_uri=uri)}).body["properties"]

    assert {"name": "KEY", "value": f"@Microsoft.KeyVault(SecretUri={uri})"} in found["siteConfig"]["appSettings"]
    assert found["keyVaultReferenceIdentity"].address.endswith("diabetes-identity")


def test_machines_are_as_many_as_replicas_are_asked_for() -> None:
    assert plan()["sku"]["capacity"] == 1
    assert plan(scale=Scale(min_replicas=3))["sku"]["capacity"] == 3


def test_an_elastic_plan_always_has_one_that_looks() -> None:
    assert plan(sku="EP2", scale=Scale(max_replicas=7))["properties"]["maximumElasticWorkerCount"] == 7
    assert config(sku="EP2")["minimumElasticInstanceCount"] == 1


def test_an_elastic_plan_has_room_for_those_that_always_run() -> None:
    assert plan(sku="EP1", scale=Scale(min_replicas=4))["properties"]["maximumElasticWorkerCount"] == 4
    with pytest.raises(InvalidDeployment, match="4 to 2 machines are no range"):
        rendered("functions", sku="EP1", scale=Scale(min_replicas=4, max_replicas=2))


@pytest.mark.parametrize(("drain", "stop"), [(None, "30"), ("10", "30"), ("60", "65"), ("600", "120"), ("x", "30")])
def test_a_container_has_time_to_start_and_to_stop(drain: str | None, stop: str) -> None:
    found = settings_of("functions", ready_timeout=599.5, settings={"FUNCTIONS_DRAIN_SECONDS": drain} if drain else {})

    assert found["WEBSITES_CONTAINER_START_TIME_LIMIT"] == "600"
    assert found["WEBSITES_CONTAINER_STOP_TIME_LIMIT"] == stop


def test_a_setting_is_there_once_whatever_its_case() -> None:
    found = settings_of("functions", settings={"websites_port": "9000"})

    assert {name: found[name] for name in found if name.lower() == "websites_port"} == {"websites_port": "9000"}


@pytest.mark.parametrize("sku", ["Y1", "FC1"])
def test_consumption_plans_run_no_containers(sku: str) -> None:
    with pytest.raises(InvalidDeployment, match=rf"'{sku}' is a consumption plan, .* container_apps"):
        rendered("functions", sku=sku)


def test_a_plan_that_there_is_not_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidDeployment, match=r"There is no plan 'B9' .* B1, B2, B3, S1"):
        rendered("functions", sku="B9")


@pytest.mark.parametrize("said", [{"scale": Scale(min_replicas=0)}, {"scale": Scale(min_replicas=99)},
                                  {"scale": Scale(target_utilization=70)},
        {"scale": Scale(max_replicas=5)}, {"size": Size(cpu=1.0)},
                                  {"size": Size(memory=2**30)}, {"name": "bad_name"}])  # fmt: skip
def test_what_a_plan_cannot_do_is_refused(said) -> None:
    with pytest.raises(InvalidDeployment):
        rendered("functions", **said)


def test_the_deployments_own_settings_win() -> None:
    assert settings_of("functions", settings={"WEBSITES_PORT": "9000"})["WEBSITES_PORT"] == "9000"
    assert spec("functions").options.sku == "B1"
