from collections import Counter

import pytest

from infra.contract import Manifest, RegistryLogin, Secret
from infra.errors import InvalidDeployment
from infra.resources.expressions import Property, RegistryPassword, ServiceBusConnection, StorageConnection
from infra.targets.azure_options import azure_options
from infra.targets.azure_site import SiteOptions
from infra.targets.azure_wiring import Wiring, wiring
from tests.support.deployments import ELSEWHERE, image, spec


def wired(*, accounts: int = 2, **said) -> Wiring:
    wanted = spec("functions", **said)
    return wiring(wanted, azure_options(wanted, SiteOptions), accounts=accounts)


def kinds(found: Wiring) -> Counter[str]:
    return Counter(each.kind.rpartition("/")[2] for each in found.manifests)


def roles(found: Wiring) -> list[tuple[str, str]]:
    given = [each.body for each in found.manifests if each.kind.endswith("roleAssignments")]
    return [(each["properties"]["roleDefinitionId"].name, each["scope"].address.rpartition("/")[2]) for each in given]


def test_host_and_trigger_have_an_account_each_and_the_app_may_use_both() -> None:
    found = wired()

    assert kinds(found) == {"resourceGroups": 1, "userAssignedIdentities": 1, "storageAccounts": 2, "containers": 2,
                            "roleAssignments": 5}  # fmt: skip
    assert Counter(role for role, _ in roles(found)) == {
        "Storage Blob Data Owner": 2,
        "Storage Queue Data Contributor": 2,
        "AcrPull": 1,
    }


def test_one_account_may_serve_both() -> None:
    found = wired(accounts=1)

    assert kinds(found)["storageAccounts"] == 1
    name = found.settings["AzureWebJobsStorage__accountName"]
    assert found.settings["TriggerConnectionString__blobServiceUri"] == f"https://{name}.blob.core.windows.net"


def test_everything_comes_after_what_it_needs() -> None:
    found = wired(of=image({"blob": {}, "service_bus_queue": {}, "storage_queue": {}}))
    seen: set[str] = set()
    for each in found.manifests:
        assert set(each.after) <= seen
        seen.add(each.address)


@pytest.mark.parametrize("name", ["AZUREFUNCTIONSWEBHOST__HOSTID", "azureFunctionsWebHost:hostId"])
def test_a_setting_that_the_deployment_writes_otherwise_counts_alone(name: str) -> None:
    found = wired(settings={name: "mine"})

    assert [value for name, value in found.settings.items() if name.lower().endswith("hostid")] == ["mine"]


def test_events_are_brought_by_a_topic_of_the_account_that_is_made() -> None:
    told = image({"blob": {"source": "EventGrid", "event_queue": "events"}})

    found = wired(of=told)
    assert (kinds(found)["systemTopics"], kinds(found)["eventSubscriptions"]) == (1, 1)
    assert "Storage Queue Data Message Sender" in [role for role, _ in roles(found)]
    there = kinds(wired(of=told, trigger_storage="teamdata"))
    assert (there["systemTopics"], there["eventSubscriptions"], there["queues"]) == (0, 0, 1)
    assert kinds(wired(of=told, trigger_storage="teamdata", event_topic="theirs"))["systemTopics"] == 1


def test_in_another_group_events_are_brought_once_the_app_is_there() -> None:
    told = image({"blob": {"source": "EventGrid", "event_queue": "events"}})
    found = wired(of=told, trigger_storage="shared/teamdata", event_topic="theirs")

    assert (kinds(found)["queues"], kinds(found)["eventSubscriptions"]) == (0, 0)
    later = found.after(Manifest(kind="a", name="app", body={}))
    assert [each.kind.rpartition("/")[2] for each in later] == ["systemTopics", "roleAssignments", "eventSubscriptions"]
    assert all(each.after[-1] == "a/app" for each in later)
    assert wired(of=told, trigger_storage="teamdata", event_topic="theirs").later == ()


def test_the_identity_is_named_in_the_settings_and_no_key_is() -> None:
    found = wired()

    assert found.settings["TriggerConnectionString__credential"] == "managedidentity"
    assert isinstance(found.settings["TriggerConnectionString__clientId"], Property)
    assert "TriggerConnectionString" not in found.settings


def test_keys_are_used_when_they_are_asked_for_and_then_nobody_needs_a_role() -> None:
    found = wired(keys=True, of=image({"blob": {}, "service_bus_queue": {}}))

    assert isinstance(found.settings["AzureWebJobsStorage"], StorageConnection)
    assert isinstance(found.settings["ServiceBusConnectionString"], ServiceBusConnection)
    assert isinstance(found.registry.password, RegistryPassword)
    assert (found.identity, roles(found)) == (None, [])


def test_an_account_that_was_there_gets_containers_and_roles_only() -> None:
    found = wired(trigger_storage="mydata")

    assert kinds(found)["storageAccounts"] == 1
    assert "mydata/default/input" in [each.name for each in found.manifests]
    assert ("Storage Blob Data Owner", "mydata") in roles(found)


def test_in_another_group_nothing_but_roles_is_made() -> None:
    found = wired(
        trigger_storage="shared/mydata", service_bus="shared/teambus", of=image({"blob": {}, "service_bus_queue": {}})
    )

    assert kinds(found)["containers"] == 0
    assert kinds(found)["queues"] == 0
    assert ("Azure Service Bus Data Owner", "teambus") in roles(found)
    assert found.settings["ServiceBusConnectionString__fullyQualifiedNamespace"] == "teambus.servicebus.windows.net"


def test_what_the_deployment_gives_is_taken_as_it_is() -> None:
    given = {"TriggerConnectionString": Secret(variable="C"), "PLAIN": "1"}
    found = wired(settings=given)

    assert kinds(found)["storageAccounts"] == 1
    assert found.settings["TriggerConnectionString"] == Secret(variable="C")
    assert found.settings["PLAIN"] == "1"


def test_apps_have_a_host_id_that_their_queues_are_named_by() -> None:
    assert wired(name="My-App").settings["AzureFunctionsWebHost__hostid"] == "my-app"


def test_a_web_service_needs_nothing_but_its_image() -> None:
    wanted = spec("app_service", of=image({}, reference=ELSEWHERE))
    found = wiring(wanted, azure_options(wanted, SiteOptions), accounts=2)

    assert kinds(found) == {"resourceGroups": 1}
    assert found.settings == {}


def test_a_registry_with_a_login_is_asked_with_it() -> None:
    password = Secret(variable="PULL")
    found = wired(registry=RegistryLogin(username="puller", password=password), of=image(reference=ELSEWHERE))

    assert (found.registry.server, found.registry.username) == ("registry.example.org", "puller")
    assert found.registry.password == password


def test_vaults_are_opened_for_the_app_once_each() -> None:
    uri = "https://team.vault.azure.net/secrets/"
    found = wired(settings={"A": Secret(vault_uri=f"{uri}a"), "B": Secret(vault_uri=f"{uri}b")}, keys=True)

    assert roles(found) == [("Key Vault Secrets User", "team")]
    assert found.identity is not None


def test_a_connection_that_nothing_derives_is_asked_for() -> None:
    with pytest.raises(InvalidDeployment, match=r"'TopicSetting'.* The topic's endpoint\. Add it"):
        wired(of=image(connections={"TopicSetting": "The topic's endpoint."}))


def test_two_deployments_of_one_name_in_two_groups_share_nothing() -> None:
    one, two = wired(resource_group="a"), wired(resource_group="b")
    made = [{each.name for each in found.manifests if each.kind.endswith("storageAccounts")} for found in (one, two)]

    assert not made[0] & made[1]
