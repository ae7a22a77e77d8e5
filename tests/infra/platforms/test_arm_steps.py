import pytest

from infra.contract import Manifest
from infra.errors import ApplyFailed, InvalidDeployment
from infra.platforms.arm_steps import Steps, ordered, tagged
from infra.platforms.arm_values import Values
from infra.resources.kinds import CONTAINER, EVENT_SUBSCRIPTION, GROUP, IDENTITY, STORAGE, resource
from tests.support.arm_platform import FAST, SHARED, place, rendered
from tests.support.deployments import SECRETS, image, spec
from tests.support.fake_arm import Refusal

pytestmark = pytest.mark.azure_stand_in

TOLD = image({"blob": {"source": "EventGrid", "event_queue": "events"}})
IN_GROUP = "/resourceGroups/diabetes-group"


@pytest.fixture
def steps(azure):
    azure.put(IN_GROUP, {"location": "westeurope"})
    with azure.client() as arm:
        yield Steps(arm, place(), Values(arm, place(), {}, planning=False), log=azure.lines.append, pace=FAST)


def _identity(name="one", deployment="diabetes", region="westeurope"):
    return resource(IDENTITY, name, {"location": region}, deployment=deployment)


def _named(name, *after):
    return Manifest(kind="a", name=name, body={}, after=tuple(f"a/{each}" for each in after))


def test_keeps_the_order_but_for_what_must_be_there_first() -> None:
    found = ordered([_named("1"), _named("2", "3"), _named("3", "elsewhere"), _named("4")])

    assert [each.name for each in found] == ["1", "3", "2", "4"]


def test_refuses_a_circle() -> None:
    with pytest.raises(InvalidDeployment, match="a/1 waits for itself: a/2"):
        ordered([_named("1", "2"), _named("2", "1")])


def test_creates_updates_and_leaves_alone(azure, steps) -> None:
    created, before = steps.apply(_identity())
    same, _ = steps.apply(_identity())
    [made] = azure.fake.store.of_kind(IDENTITY)
    made.body["tags"]["cost"] = "42"
    updated, was = steps.apply(_identity(region="northeurope"))

    assert [created.action, same.action, updated.action] == ["create", "none", "update"]
    assert before is None
    assert was is not None
    assert updated.details == ("location: 'westeurope' -> 'northeurope'",)
    [found] = azure.fake.store.of_kind(IDENTITY)
    assert found.body["tags"] == {"packager-deployment": "diabetes", "cost": "42"}
    assert azure.lines[1] == f"{IDENTITY}/one: as it should be"


@pytest.mark.parametrize("tags", [None, {"packager-deployment": "other", "cost": "42"}])
def test_what_others_made_is_used_as_it_is(azure, steps, tags) -> None:
    theirs = {"location": "northeurope", **({"tags": tags} if tags else {})}
    azure.put(f"{IN_GROUP}/providers/{IDENTITY}/one", theirs)
    azure.fake.asked.clear()

    change, _ = steps.apply(_identity())

    assert (change.action, azure.fake.changes) == ("none", [])
    assert azure.lines == [f"{IDENTITY}/one: it was there before and is used as it is"]


def test_parts_of_an_account_of_others_are_not_changed(azure, steps) -> None:
    sku = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    account = f"{IN_GROUP}/providers/{STORAGE}/teamdata"
    azure.put(account, sku)
    azure.put(f"{account}/blobServices/default/containers/input", {"properties": {"publicAccess": "Blob"}})
    part = {"properties": {"publicAccess": "None"}}

    steps.apply(resource(STORAGE, "teamdata", sku, deployment="diabetes"))
    changes = [steps.apply(resource(CONTAINER, f"teamdata/default/{name}", part))[0] for name in ("input", "output")]

    assert [each.action for each in changes] == ["none", "create"]


@pytest.mark.parametrize(
    ("tags", "words"), [({}, "it has no tag"), ({"packager-deployment": "other"}, "deployment 'other' made it")]
)
def test_an_app_of_others_is_never_taken_over(azure, tags, words) -> None:
    wanted = spec("functions", registry_group=SHARED)
    azure.apply(wanted)
    [site] = azure.fake.store.of_kind("Microsoft.Web/sites")
    site.body["tags"] = tags
    azure.fake.asked.clear()

    with pytest.raises(ApplyFailed, match=words):
        azure.apply(wanted)
    assert azure.fake.changes == []


def test_a_group_of_others_is_left_as_it_is(azure, steps) -> None:
    change = steps.change(resource(GROUP, "diabetes-group", {"location": "northeurope"}, deployment="diabetes"))

    assert change.action == "none"


def test_waits_for_what_somebody_works_on(azure, steps) -> None:
    steps.apply(_identity())
    [resource_] = azure.fake.store.of_kind(IDENTITY)
    resource_.kept["pending"] = 3
    azure.fake.asked.clear()

    change, _ = steps.apply(_identity())

    assert change.action == "none"
    assert f"{IDENTITY}/one: somebody works on it; waiting" in azure.lines
    assert len(azure.fake.asked) == 5


def test_waits_for_a_group_that_is_being_deleted(azure, steps) -> None:
    [group] = [each for each in azure.fake.store.values() if each.name == "diabetes-group"]
    group.kept["pending"] = 2

    change, _ = steps.apply(resource(GROUP, "diabetes-group", {"location": "westeurope"}))

    assert change.action == "none"
    assert any("somebody works on it" in line for line in azure.lines)


def test_says_which_role_is_given(azure) -> None:
    found = azure.platform(spec("container_instances", registry_group=SHARED)).diff(
        rendered(spec("container_instances", registry_group=SHARED))
    )

    details = [each.details for each in found if "roleAssignments" in each.address]
    assert ("AcrPull on Microsoft.ContainerRegistry/registries/teamimages",) in details


def test_asks_again_while_another_operation_goes_on(azure, steps) -> None:
    azure.fake.refuse("PUT", "/one", Refusal(409, "AnotherOperationInProgress", "Wait."), times=2)

    steps.apply(_identity())

    assert azure.fake.changes == [f"PUT {IN_GROUP}/providers/{IDENTITY}/one"] * 3


@pytest.mark.parametrize("code", ["InaccessibleImage", "InvalidTemplate"])
def test_a_role_that_was_just_given_takes_a_while(azure, code) -> None:
    refusal = Refusal(400, code, "UNAUTHORIZED: authentication required")
    azure.fake.refuse("PUT", "containerGroups/diabetes", refusal, times=2)

    azure.apply(spec("container_instances", registry_group=SHARED))

    assert sum(code in line for line in azure.lines) == 2


def test_a_topic_that_was_just_given_a_role_may_not_deliver_at_once(azure) -> None:
    told = spec("container_instances", registry_group=SHARED, of=TOLD)
    no = Refusal(400, "InvalidRequest", "The identity may not send to the queue.")
    [subscription] = [each for each in rendered(told) if each.kind == EVENT_SUBSCRIPTION]
    azure.fake.refuse("PUT", f"eventSubscriptions/{subscription.name.rpartition('/')[2]}", no, times=2)

    azure.apply(told)

    assert sum("InvalidRequest; again" in line for line in azure.lines) == 2
    assert azure.changes(told) == []


def test_events_are_delivered_by_identity_or_by_keys_and_either_may_come_later(azure) -> None:
    for keys in (True, False, True):
        wanted = spec("container_instances", registry_group=SHARED, of=TOLD, keys=keys)
        azure.apply(wanted)

        [told] = azure.fake.store.of_kind(EVENT_SUBSCRIPTION)
        assert ("destination" in told.body["properties"]) == keys
        assert azure.changes(wanted) == []


def test_a_subscription_stays_ours_whatever_labels_others_add(azure) -> None:
    wanted = spec("container_instances", registry_group=SHARED, of=TOLD)
    azure.apply(wanted)
    [told] = azure.fake.store.of_kind(EVENT_SUBSCRIPTION)
    told.body["properties"]["labels"].append("theirs")
    told.body["properties"]["filter"]["subjectBeginsWith"] = "/nowhere"

    (change,) = azure.changes(wanted)

    assert any("subjectBeginsWith" in each for each in change.details)


def test_says_that_it_cannot_see_changed_secrets(azure, monkeypatch) -> None:
    monkeypatch.setenv("API_KEY_OF_THE_APP", "hush")
    wanted = spec("container_instances", registry_group=SHARED, settings=SECRETS)
    azure.apply(wanted)
    azure.lines.clear()

    azure.apply(wanted)

    assert any("its secrets cannot be read back" in line for line in azure.lines)


def test_gives_up_in_the_end(azure, steps) -> None:
    azure.fake.refuse("PUT", "/one", Refusal(409, "AnotherOperationInProgress", "Wait."), times=99)

    with pytest.raises(ApplyFailed, match="one: AnotherOperationInProgress: Wait"):
        steps.apply(_identity())


def test_a_name_with_a_quote_asks_for_itself_alone(azure, steps) -> None:
    azure.fake.asked.clear()
    with azure.client() as arm:
        tagged(arm, place(), "x' or tagName eq 'packager-deployment")

    assert azure.fake.asked[-1].query["$filter"].endswith("tagValue eq 'x'' or tagName eq ''packager-deployment'")


def test_lists_what_has_the_tag(azure, steps) -> None:
    steps.apply(_identity())
    steps.apply(_identity("two", "other"))

    with azure.client() as arm:
        assert [each["name"] for each in tagged(arm, place(), "diabetes")] == ["one"]
        assert tagged(arm, place("nowhere"), "diabetes") == []
