import json

import pytest

from infra.contract import DeploymentSpec, Secret
from infra.registry import target_named
from infra.rendering.arm_template import parameters, secret_variables, template
from tests.support.deployments import SECRETS, every_deployment, image, rendered, spec

IN_VAULT = {"K": Secret(vault_uri="https://team-vault.vault.azure.net/secrets/k")}


def resources(**said) -> list[dict]:
    return template(list(rendered("functions", **said).values()))["resources"]


ELSEWHERE = spec("functions", registry_group="shared", vault_group="secrets", settings=IN_VAULT)
TOLD = image({"blob": {"source": "EventGrid", "event_queue": "events"}})
TOLD_THERE = spec("functions", of=TOLD, trigger_storage="shared/teamdata", event_topic="theirs")


@pytest.mark.parametrize("spec", [*every_deployment(), ELSEWHERE, TOLD_THERE], ids=lambda spec: spec.target)
def test_what_a_resource_waits_for_is_in_the_template(spec: DeploymentSpec) -> None:
    document = template(target_named(spec.target).render(spec))
    ids = {_id(each) for each in document["resources"]}

    assert {each for one in document["resources"] for each in one.get("dependsOn", ())} <= ids
    json.dumps(document)


def test_the_group_is_where_the_template_goes_and_not_in_it() -> None:
    assert "Microsoft.Resources/resourceGroups" not in [each["type"] for each in resources()]


def test_secrets_are_parameters_that_nobody_can_read_again() -> None:
    document = template(list(rendered("functions", settings=SECRETS).values()))

    assert document["parameters"]["API_KEY_OF_THE_APP"] == {"type": "securestring"}
    assert "[parameters('API_KEY_OF_THE_APP')]" in json.dumps(document)


def test_the_file_of_parameters_has_the_region_and_no_secret() -> None:
    manifests = list(rendered("functions", settings=SECRETS, region="North Europe").values())

    assert parameters(manifests)["parameters"] == {"location": {"value": "northeurope"}}
    assert secret_variables(manifests) == ("API_KEY_OF_THE_APP",)


def test_a_role_in_another_group_is_given_by_a_deployment_there() -> None:
    nested = [each for each in resources(registry_group="shared") if each["type"] == "Microsoft.Resources/deployments"]

    assert [each["resourceGroup"] for each in nested] == ["shared"]
    inner = nested[0]["properties"]["template"]["resources"]
    assert [each["type"] for each in inner] == ["Microsoft.Authorization/roleAssignments"]
    assert inner[0]["scope"] == "[resourceId('shared', 'Microsoft.ContainerRegistry/registries', 'teamimages')]"


def test_the_template_tells_the_address() -> None:
    url = template(list(rendered("container_apps", of=image({"http": {}})).values()))["outputs"]["url"]["value"]

    assert url.startswith("[concat('https://', reference(")
    assert template(list(rendered("container_instances", public=False).values()))["outputs"] == {}


def _id(resource: dict) -> str:
    if "resourceGroup" in resource:
        return f"[resourceId('{resource['resourceGroup']}', '{resource['type']}', '{resource['name']}')]"
    names = ", ".join(f"'{part}'" for part in resource["name"].split("/"))
    if "scope" in resource:
        return f"[extensionResourceId({resource['scope'].strip('[]')}, '{resource['type']}', {names})]"
    return f"[resourceId('{resource['type']}', {names})]"


def test_the_app_does_not_wait_for_events_from_another_group() -> None:
    document = template(target_named("functions").render(TOLD_THERE))
    waits = {each["type"].rpartition("/")[2]: each.get("dependsOn", []) for each in document["resources"]}
    app = "[resourceId('Microsoft.Web/sites', 'diabetes')]"

    assert app in waits["systemTopics"]
    assert app in waits["eventSubscriptions"]
    assert not any("EventGrid" in each for each in waits["sites"])
    assert "Microsoft.Web/sites" in document["outputs"]["url"]["value"]
