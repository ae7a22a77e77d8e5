import pytest

from infra.errors import ApplyFailed
from infra.platforms.arm_remove import remove
from tests.support.arm_platform import SHARED, place
from tests.support.deployments import image, spec
from tests.support.fake_arm import SUBSCRIPTION, Refusal

pytestmark = pytest.mark.azure_stand_in

GROUP = "/resourceGroups/diabetes-group"
OTHER = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/theirs"
ACCOUNT_AND_TOPIC = ("Storage/storageAccounts/teamdata", "EventGrid/systemTopics/teamtopic")
BELOW = "/blobServices/default/containers/input/blobs/x/"


def _remove(azure, group="diabetes-group"):
    with azure.client() as arm:
        return remove(arm, place(group), "diabetes", log=azure.lines.append)


@pytest.mark.parametrize("target", ["functions", "container_apps"])
def test_leaves_what_others_put_into_the_group(azure, target) -> None:
    azure.apply(spec(target, registry_group=SHARED))
    azure.put(OTHER, {"location": "westeurope"})

    gone = _remove(azure)

    left = [path for path in azure.fake.store if "/diabetes-group" in path]
    assert [path.rpartition("/")[2] for path in left] == ["diabetes-group", "theirs"]
    assert any("holds 1 resources of others and stays" in line for line in azure.lines)
    assert gone[-1].endswith("/diabetes-identity")


def test_leaves_a_group_that_was_there_before(azure) -> None:
    azure.put(GROUP, {"location": "westeurope"})
    azure.apply(spec("container_instances", registry_group=SHARED))

    _remove(azure)

    assert [path for path in azure.fake.store if "diabetes" in path] == [
        f"/subscriptions/{SUBSCRIPTION}{GROUP}".lower()
    ]


@pytest.mark.parametrize(
    ("target", "said", "path", "body"),
    [
        (
            "functions",
            {"plan": "teamplan"},
            "Microsoft.Web/serverfarms/teamplan",
            {"sku": {"name": "P1v3", "capacity": 3}, "kind": "linux", "properties": {"reserved": True}},
        ),
        (
            "container_instances",
            {"storage": "teamdata"},
            "Microsoft.Storage/storageAccounts/teamdata",
            {"sku": {"name": "Standard_GRS"}, "kind": "StorageV2", "properties": {"allowSharedKeyAccess": True}},
        ),
    ],
)
def test_what_was_there_before_is_never_changed_nor_deleted(azure, target, said, path, body) -> None:
    whole = f"{GROUP}/providers/{path}"
    azure.put(GROUP, {"location": "westeurope"})
    azure.put(whole, {"location": "westeurope", "tags": {"cost": "42"}, **body})
    azure.fake.asked.clear()

    azure.apply(spec(target, registry_group=SHARED, **said))
    assert f"PUT {whole}" not in azure.fake.changes
    _remove(azure)

    kept = azure.fake.store[f"/subscriptions/{SUBSCRIPTION}{whole}".lower()]
    assert kept.body["tags"] == {"cost": "42"}
    assert kept.body["sku"] == body["sku"]


def test_of_a_topic_for_an_account_of_others_no_role_is_left(azure) -> None:
    account = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/teamdata"
    general = {"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
    azure.put(GROUP, {"location": "westeurope"})
    azure.put(account, general)
    told = image({"blob": {"source": "EventGrid", "event_queue": "events"}})
    azure.apply(spec("container_instances", registry_group=SHARED, storage="teamdata", of=told))
    of_the_account = f"/subscriptions/{SUBSCRIPTION}{account}/providers".lower()
    assert len([path for path in azure.fake.store if path.startswith(of_the_account)]) == 3

    _remove(azure)

    assert [path for path in azure.fake.store if "eventgrid" in path or path.startswith(of_the_account)] == []


def test_from_a_topic_of_others_the_deployments_own_subscription_goes(azure) -> None:
    account, topic = (f"{GROUP}/providers/Microsoft.{each}" for each in ACCOUNT_AND_TOPIC)
    azure.put(GROUP, {"location": "westeurope"})
    azure.put(account, {"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"})
    source = {"source": f"/subscriptions/{SUBSCRIPTION}{account}", "topicType": "Microsoft.Storage.StorageAccounts"}
    theirs = {"location": "westeurope", "identity": {"type": "SystemAssigned"}, "properties": source}
    azure.put(topic, theirs)
    told = image({"blob": {"source": "EventGrid", "event_queue": "events"}})
    said = {"registry_group": SHARED, "trigger_storage": "teamdata", "event_topic": "teamtopic", "of": told}
    azure.apply(spec("container_instances", **said))
    elsewhere = image({"blob": {"source": "EventGrid", "event_queue": "events", "input_path": "input/x/{blobname}"}})
    azure.apply(spec("container_instances", **{**said, "of": elsewhere}))
    azure.apply(spec("container_instances", name="other", resource_group="diabetes-group", **said))
    assert _filters(azure) == ["/blobServices/default/containers/input/", BELOW]

    _remove(azure)

    kept = azure.fake.store[f"/subscriptions/{SUBSCRIPTION}{topic}".lower()]
    assert "tags" not in kept.body
    assert _filters(azure) == ["/blobServices/default/containers/input/"]


def _filters(azure) -> list[str]:
    found = azure.fake.store.of_kind("Microsoft.EventGrid/systemTopics/eventSubscriptions")
    return sorted(each.body["properties"]["filter"]["subjectBeginsWith"] for each in found)


def test_a_plan_that_others_use_by_now_stays(azure) -> None:
    azure.apply(spec("functions", registry_group=SHARED, plan="teamplan", resource_group="diabetes-group"))
    other = spec("functions", registry_group=SHARED, plan="teamplan", resource_group="diabetes-group", name="second")
    azure.apply(other)

    gone = _remove(azure)

    assert "Microsoft.Web/serverfarms/teamplan: other apps use it, so that it stays" in azure.lines
    assert "Microsoft.Web/serverfarms/teamplan" not in gone
    assert azure.changes(other) == []


def test_nothing_is_left_to_remove(azure) -> None:
    assert _remove(azure, "nowhere") == []


def test_tells_what_cannot_be_removed(azure) -> None:
    azure.apply(spec("functions", registry_group=SHARED))
    locked = Refusal(409, "ScopeLocked", "The scope cannot perform delete operation because of a lock.")
    azure.fake.refuse("DELETE", "/diabetes-group", locked)

    with pytest.raises(ApplyFailed, match="resourceGroups/diabetes-group: ScopeLocked"):
        _remove(azure)
