"""Rendered scripts, run by the real `az`, and apply() over REST end in the same state; the documentation's flow too.

Nothing is left out of the comparison. What is made alike before it (tests/support/fake_arm/final.py): the fake's port,
which is another one each time; upper and lower case in ids, which Azure does not tell apart; empty text and null, which
stand for nothing. Keys and ids are made of names, so they are the same in both. What one of the two leaves to Azure
and the other writes down is the same only because the fake fills in Azure's defaults.
"""

from pathlib import Path

import pytest

from infra.contract import DeploymentSpec, Scale
from infra.platforms.arm import ENDPOINT
from infra.registry import target_named
from infra.resources.expressions import DEPLOYMENT_TAG
from tests.support import azure_cli
from tests.support.arm_platform import SHARED, Azure, surround
from tests.support.azure_cli import AzureCli
from tests.support.deployments import AZURE_TARGETS, SECRETS, image, spec
from tests.support.fake_arm import SUBSCRIPTION, serving
from tests.support.fake_arm.final import differing, final_state

pytestmark = pytest.mark.azure_cli

_TUTORIAL = """
set -euo pipefail
G="--resource-group scoring-group"
az group create --name scoring-group --location westeurope --output none
az acr create $G --name teamimages2 --sku Basic --admin-enabled true --output none
password=$(az acr credential show --name teamimages2 --query 'passwords[0].value' --output tsv)
az appservice plan create $G --name scoring-plan --sku B1 --is-linux --output none
az storage account create $G --name scoringhost --sku Standard_LRS --location westeurope --output none
az functionapp create $G --name scoring --storage-account scoringhost --plan scoring-plan --functions-version 4 \
  --image teamimages2.azurecr.io/model:1 --disable-app-insights --output none
az storage account create $G --name scoringdata --sku Standard_LRS --location westeurope --output none
az storage container-rm create $G --storage-account scoringdata --name input --output none
az storage container-rm create $G --storage-account scoringdata --name output --output none
connection=$(az storage account show-connection-string $G --name scoringdata --query connectionString --output tsv)
az functionapp config appsettings set $G --name scoring --settings "TriggerConnectionString=$connection" --output none
az functionapp config container set $G --name scoring --image teamimages2.azurecr.io/model:1 \
  --registry-server https://teamimages2.azurecr.io --registry-username teamimages2 \
  --registry-password "$password" --output none
az functionapp show $G --name scoring --output none
az identity create $G --name scoring-identity --output none
"""


@pytest.fixture(scope="module", autouse=True)
def _programs() -> Path:
    return azure_cli.installed()


def _deployments() -> list[DeploymentSpec]:
    told = {"source": "EventGrid", "event_queue": "events"}
    several = image({"blob": told, "http": {}, "service_bus_queue": {}})
    plain = [spec(target, registry_group=SHARED) for target in AZURE_TARGETS]
    plain.append(spec("container_apps", registry_group=SHARED, of=image({"blob": told}), name="told"))
    with_keys = {"keys": True, "of": several, "settings": SECRETS, "tags": {"team": "ml"}}
    return plain + [spec(target, registry_group=SHARED, **with_keys) for target in ("functions", "container_apps")]


@pytest.mark.parametrize(
    "wanted", _deployments(), ids=lambda each: f"{each.name}-{each.target}-{'keys' * each.options.keys}"
)
def test_script_and_apply_end_in_the_same_state(monkeypatch, tmp_path, wanted) -> None:
    monkeypatch.setenv("API_KEY_OF_THE_APP", "$hush `of` \"the\" 'app'")
    script = tmp_path / "deploy.sh"
    script.write_text(target_named(wanted.target).export(wanted)["deploy.sh"])
    with serving() as for_az, serving() as for_apply:
        by_az, by_apply = Azure(fake=for_az), Azure(fake=for_apply)
        surround(by_az)
        surround(by_apply)

        AzureCli(for_az, tmp_path).bash(script)
        _use(monkeypatch, by_apply)
        by_apply.apply(wanted)

        found = differing(final_state(for_az), final_state(for_apply))
        _use(monkeypatch, by_az)
        assert found == {}
        assert by_az.changes(wanted) == []
        assert len(for_apply.fronts.starts[wanted.name]) == 1
        assert len(for_az.fronts.starts[wanted.name]) >= 1


def test_script_and_apply_bring_the_events_of_an_account_in_another_group(monkeypatch, tmp_path) -> None:
    told = image({"blob": {"source": "EventGrid", "event_queue": "events"}})
    there = {"registry_group": SHARED, "trigger_storage": f"{SHARED}/teamdata", "event_topic": "told-by-teamdata"}
    wanted = spec("container_instances", of=told, **there)
    account = f"/resourceGroups/{SHARED}/providers/Microsoft.Storage/storageAccounts/teamdata"
    script = tmp_path / "deploy.sh"
    script.write_text(target_named(wanted.target).export(wanted)["deploy.sh"])
    with serving() as for_az, serving() as for_apply:
        by_az, by_apply = Azure(fake=for_az), Azure(fake=for_apply)
        for each in (by_az, by_apply):
            surround(each)
            each.put(account, {"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"})
            each.put(f"{account}/queueServices/default/queues/events", {"properties": {}})

        AzureCli(for_az, tmp_path).bash(script)
        _use(monkeypatch, by_apply)
        by_apply.apply(wanted)

        assert differing(final_state(for_az), final_state(for_apply)) == {}
        _use(monkeypatch, by_az)
        assert by_az.changes(wanted) == []


def test_the_script_leaves_what_others_made_as_it_is(tmp_path) -> None:
    wanted = spec("container_instances", registry_group=SHARED, storage="teamdata", resource_group="team")
    script = tmp_path / "deploy.sh"
    script.write_text(target_named(wanted.target).export(wanted)["deploy.sh"])
    account = "/resourceGroups/team/providers/Microsoft.Storage/storageAccounts/teamdata"
    theirs = {"location": "westeurope", "sku": {"name": "Standard_GRS"}, "kind": "StorageV2"}
    with serving() as fake:
        found = Azure(fake=fake)
        surround(found)
        found.put("/resourceGroups/team", {"location": "westeurope"})
        found.put(account, theirs)
        az = AzureCli(fake, tmp_path)

        with pytest.raises(AssertionError, match="storageAccounts/teamdata is there without the tag packager-depl"):
            az.bash(script)
        assert fake.changes == []

        found.put(account, {**theirs, "tags": {DEPLOYMENT_TAG: "diabetes"}})
        az.bash(script)
        assert fake.store[f"/subscriptions/{SUBSCRIPTION}{account}".lower()].body["sku"]["name"] == "Standard_LRS"


def test_the_documentations_flow_starts_the_app_again_and_again(tmp_path) -> None:
    script = tmp_path / "tutorial.sh"
    script.write_text(_TUTORIAL)
    with serving() as fake:
        AzureCli(fake, tmp_path).bash(script)

        starts = fake.fronts.starts["scoring"]
        assert len(starts) == 4
        assert starts[0].image == "DOTNET-ISOLATED|8.0"
        assert "TriggerConnectionString" not in starts[1].settings
        assert "TriggerConnectionString" in starts[-1].settings
        assert fake.store[f"/subscriptions/{SUBSCRIPTION}/resourcegroups/scoring-group"].state == "Succeeded"


def test_az_stops_where_the_fake_is_strict(tmp_path) -> None:
    with serving() as fake:
        az = AzureCli(fake, tmp_path)
        az.run("group", "create", "--name", "g", "--location", "westeurope")
        fake.taken.add("taken123")
        account = ["storage", "account", "create", "--resource-group", "g", "--name", "taken123"]

        with pytest.raises(AssertionError, match="LocationNotAvailableForResourceType"):
            az.run("identity", "create", "--resource-group", "g", "--name", "one", "--location", "mars")
        with pytest.raises(AssertionError, match="already taken"):
            az.run(*account, "--sku", "Standard_LRS")


def test_the_comparison_sees_one_other_value(monkeypatch) -> None:
    with serving() as one, serving() as other:
        for fake, capacity in ((one, 1), (other, 2)):
            azure = Azure(fake=fake)
            surround(azure)
            _use(monkeypatch, azure)
            azure.apply(spec("functions", registry_group=SHARED, scale=Scale(min_replicas=capacity)))

        found = differing(final_state(one), final_state(other))

        assert found == {"microsoft.web/serverfarms/diabetes-plan sku.capacity": (1, 2)}


def _use(monkeypatch: pytest.MonkeyPatch, azure: Azure) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(azure.fake.certificates))
    monkeypatch.setenv(ENDPOINT, azure.fake.address)
