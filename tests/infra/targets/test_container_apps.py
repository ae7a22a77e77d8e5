import pytest

from infra.contract import RegistryLogin, Scale, Secret, Size
from infra.errors import InvalidDeployment
from tests.support.deployments import ELSEWHERE, SECRETS, app_of, image, rendered

GIB = 2**30


def properties(**said):
    return app_of("container_apps", **said).body["properties"]


def container(**said):
    return properties(**said)["template"]["containers"][0]


def test_the_app_answers_by_tls_at_the_port_of_the_image() -> None:
    ingress = properties(of=image({"http": {}}, port=9000), external=False)["configuration"]["ingress"]

    assert ingress == {"external": False, "targetPort": 9000, "transport": "auto", "allowInsecure": False}


@pytest.mark.parametrize("triggers", [{"blob": {}}, {"timer": {}}, {"storage_queue": {}}, {"service_bus_queue": {}}])
def test_an_app_that_no_request_starts_has_no_address(triggers) -> None:
    assert "ingress" not in properties(of=image(triggers))["configuration"]
    assert "ingress" in properties(of=image({**triggers, "http": {}}))["configuration"]


@pytest.mark.parametrize(("timeout", "period"), [(230, 23), (1, 1), (600, 60), (1800, 180)])
def test_probes_are_within_what_azure_takes(timeout: float, period: int) -> None:
    probes = container(ready_timeout=timeout)["probes"]

    assert next(each for each in probes if each["type"] == "Startup")["periodSeconds"] == period
    for each in probes:
        assert 1 <= each["periodSeconds"] <= 240
        assert 1 <= each["timeoutSeconds"] <= 240
        assert 1 <= each["failureThreshold"] <= 10


def test_secrets_have_names_and_settings_refer_to_them() -> None:
    said = properties(settings=SECRETS)

    assert said["configuration"]["secrets"] == [{"name": "api-key", "value": SECRETS["API_KEY"]}]
    assert {"name": "API_KEY", "secretRef": "api-key"} in said["template"]["containers"][0]["env"]


def test_two_settings_never_share_a_secret() -> None:
    found = properties(settings={"A_B": Secret(variable="X"), "A__B": Secret(variable="Y")})["configuration"]["secrets"]

    assert len({each["name"] for each in found}) == 2


def test_no_setting_gets_the_name_that_another_one_was_given_for_want_of_its_own() -> None:
    given = {name: Secret(variable="X") for name in ("A_B", "A__B", "A_B_2", "REGISTRY_PASSWORD")}
    found = properties(settings=given)["configuration"]["secrets"]

    assert [each["name"] for each in found] == ["a-b", "a-b-2", "a-b-2-2", "registry-password-2"]


def test_a_secret_in_a_vault_is_read_by_the_identity() -> None:
    uri = "https://team.vault.azure.net/secrets/key"
    [secret] = properties(settings={"KEY": Secret(vault_uri=uri)})["configuration"]["secrets"]

    assert secret["keyVaultUrl"] == uri
    assert secret["identity"].address.endswith("diabetes-identity")


def test_the_image_is_pulled_by_identity_or_by_a_login() -> None:
    login = RegistryLogin(username="puller", password=Secret(variable="PULL"))

    assert set(properties()["configuration"]["registries"][0]) == {"server", "identity"}
    said = properties(of=image(reference=ELSEWHERE), registry=login)["configuration"]
    assert said["registries"][0]["passwordSecretRef"] == "registry-password"
    assert {"name": "registry-password", "value": Secret(variable="PULL")} in said["secrets"]


def test_the_password_of_a_registry_may_be_in_a_vault() -> None:
    uri = "https://team.vault.azure.net/secrets/pull"
    login = RegistryLogin(username="puller", password=Secret(vault_uri=uri))
    app = app_of("container_apps", of=image({}, reference=ELSEWHERE), registry=login).body

    [secret] = app["properties"]["configuration"]["secrets"]
    assert (secret["name"], secret["keyVaultUrl"]) == ("registry-password", uri)
    assert secret["identity"] in app["identity"]["userAssignedIdentities"]


def test_rules_come_from_the_triggers() -> None:
    scale = properties(of=image({"blob": {}, "service_bus_queue": {}, "http": {}}))["template"]["scale"]

    assert {each["name"]: set(each) - {"name"} for each in scale["rules"]} == {
        "score-blob": {"custom"},
        "score-bus-message": {"custom"},
        "http": {"http"},
    }
    assert (scale["minReplicas"], scale["maxReplicas"]) == (1, 10)


def test_a_web_service_scales_by_requests_and_down_to_none() -> None:
    scale = properties(of=image({}))["template"]["scale"]

    assert (scale["minReplicas"], [each["name"] for each in scale["rules"]]) == (0, ["http"])


def test_a_function_app_leaves_scaling_to_azure() -> None:
    app = app_of("container_apps", of=image(host="azure_functions", port=80), function_app=True)

    assert app.body["kind"] == "functionapp"
    assert "rules" not in app.body["properties"]["template"]["scale"]


@pytest.mark.parametrize("of", [image(), image({}, host="azure_functions")])
def test_a_function_app_has_microsofts_host_in_it(of) -> None:
    with pytest.raises(InvalidDeployment, match="function_app"):
        rendered("container_apps", of=of, function_app=True)


@pytest.mark.parametrize(
    ("size", "cpu", "memory"),
    [
        (Size(), 0.5, "1Gi"),
        (Size(cpu=0.1), 0.25, "0.5Gi"),
        (Size(cpu=1, memory=3 * GIB), 1.5, "3Gi"),
        (Size(memory=GIB + 1), 0.75, "1.5Gi"),
        (Size(cpu=4), 4.0, "8Gi"),
    ],
)
def test_sizes_are_steps_of_cores_with_their_memory(size: Size, cpu: float, memory: str) -> None:
    assert container(size=size)["resources"] == {"cpu": cpu, "memory": memory}


@pytest.mark.parametrize(
    "said",
    [
        {"size": Size(cpu=4.1)},
        {"size": Size(memory=9 * GIB)},
        {"scale": Scale(target_utilization=50)},
        {"name": "Diabetes"},
        {"environment": "-"},
    ],
)
def test_what_container_apps_cannot_do_is_refused(said) -> None:
    with pytest.raises(InvalidDeployment):
        rendered("container_apps", **said)
