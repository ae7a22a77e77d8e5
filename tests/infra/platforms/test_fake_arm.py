"""The stand-in refuses what Azure refuses: otherwise the platform's tests would show little."""

from pathlib import Path

import pytest

from infra.contract import Manifest
from infra.platforms.arm_place import ArmPlace
from infra.resources.expressions import EXPRESSIONS, ResourceId
from infra.resources.kinds import GROUP
from tests.support.arm_platform import Azure, place, rendered, surround
from tests.support.deployments import every_deployment
from tests.support.fake_arm import SUBSCRIPTION, FakeArm

ROOT = f"/subscriptions/{SUBSCRIPTION}"
IN_GROUP = "/resourceGroups/g"
SITE = f"{IN_GROUP}/providers/Microsoft.Web/sites/mine"
PLAN = f"{IN_GROUP}/providers/Microsoft.Web/serverfarms/plan"
HERE = {"location": "westeurope"}
_LATER = "00000000-0000-4000-8000-00000000000f"


@pytest.fixture
def bare() -> Azure:
    """A fake without a port, and the groups `g` and `shared`."""
    found = Azure(fake=FakeArm(address="https://fake.example", certificates=Path("none")))
    surround(found)
    found.put(IN_GROUP, HERE)
    return found


def _code(answer) -> str:
    assert answer.status >= 400, answer.body
    return answer.body["error"]["code"]


def _kinds() -> dict[str, Manifest]:
    return {each.kind: each for wanted in every_deployment() for each in rendered(wanted)}


@pytest.mark.parametrize("manifest", _kinds().values(), ids=lambda each: each.kind)
def test_refuses_every_misspelled_key_at_the_top(bare, manifest) -> None:
    inside: ArmPlace = place("g")
    path = inside.path_of(manifest).removeprefix(ROOT)
    body = {key: _plain(value) for key, value in manifest.body.items() if key not in {"apiVersion", "scope"}}

    for key in body:
        wrong = {name + "x" * (name == key): value for name, value in body.items()}
        assert _code(bare.ask("PUT", path, wrong)) in {"InvalidRequestContent", "LocationRequired"}


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        (PLAN, {"sku": {"name": "B1"}}, "LocationRequired"),
        (PLAN, {**HERE, "sku": {}}, "InvalidRequestContent"),
        (PLAN, {**HERE, "sku": {"name": "B9"}}, "SkuNotAvailable"),
        (PLAN, {"location": "mars", "sku": {"name": "B1"}}, "LocationNotAvailableForResourceType"),
        (PLAN.replace("plan", "a_b.c"), {**HERE, "sku": {"name": "B1"}}, "InvalidResourceName"),
        (SITE, {**HERE, "properties": {"serverFarmId": f"{ROOT}{PLAN}"}}, "NotFound"),
        (SITE.replace("mine", "-mine"), {**HERE, "properties": {}}, "InvalidSiteName"),
        (SITE.replace("/g/", "/other/"), {**HERE, "properties": {}}, "ResourceGroupNotFound"),
        (SITE.replace("sites", "sights"), HERE, "InvalidResourceType"),
        (SITE, ["no object"], "InvalidRequestContent"),
        (
            f"{IN_GROUP}/providers/Microsoft.Storage/storageAccounts/gone/blobServices/default/containers/UPPER",
            {},
            "InvalidResourceName",
        ),
        (f"{IN_GROUP}/providers/Microsoft.ServiceBus/namespaces/gone12/queues/q", {}, "ParentResourceNotFound"),
    ],
)
def test_refuses_what_azure_refuses(bare, path, body, code) -> None:
    assert _code(bare.ask("PUT", path, body)) == code


def test_settings_cannot_be_there_twice(bare) -> None:
    twice = [{"name": name, "value": "1"} for name in ("A", "a")]

    assert _code(bare.ask("PUT", SITE, {**HERE, "properties": {"siteConfig": {"appSettings": twice}}})) == "BadRequest"


def test_a_plan_stays_while_a_site_is_on_it(bare) -> None:
    bare.put(PLAN, {**HERE, "sku": {"name": "B1"}})
    bare.put(SITE, {**HERE, "properties": {"serverFarmId": f"{ROOT}{PLAN}"}})

    assert _code(bare.ask("DELETE", PLAN)) == "Conflict"


def test_a_role_needs_somebody_and_something(bare) -> None:
    role = f"{ROOT}/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d"
    body = {"properties": {"principalId": _LATER, "roleDefinitionId": role}}
    below = f"/providers/Microsoft.Authorization/roleAssignments/{_LATER}"

    assert _code(bare.ask("PUT", f"{IN_GROUP}{below}", body)) == "PrincipalNotFound"
    assert _code(bare.ask("PUT", f"{SITE}{below}", body)) == "ResourceNotFound"


def test_wants_a_version_and_a_token(bare) -> None:
    from tests.support.fake_arm import Asked

    bearer = {"authorization": "Bearer x"}

    assert _code(bare.fake.answer(Asked(method="GET", path=ROOT, headers=bearer))) == "MissingApiVersionParameter"
    assert _code(bare.fake.answer(Asked(method="GET", path=ROOT, query={"api-version": "1"}))) == "AuthenticationFailed"


def test_drops_nulls(bare) -> None:
    bare.put(PLAN, {**HERE, "sku": {"name": "B1"}, "properties": {"reserved": None}})

    assert "reserved" not in bare.ask("GET", PLAN).body["properties"]


def test_only_what_is_new_for_a_container_starts_it(bare) -> None:
    bare.put(SITE, {**HERE, "properties": {"siteConfig": {"linuxFxVersion": "DOCKER|a"}}})
    bare.put(f"{SITE}/config/web", {"properties": {"linuxFxVersion": "DOCKER|a", "alwaysOn": True}})
    bare.put(f"{SITE}/config/appsettings", {"properties": {"A": "1"}})

    assert [dict(each.settings) for each in bare.fake.fronts.starts["mine"]] == [{}, {"A": "1"}]


def _event_grid(bare, *, keys: bool) -> tuple[str, str]:
    """The paths of an account and of the topic that it has, which is nobody."""
    account = f"{IN_GROUP}/providers/Microsoft.Storage/storageAccounts/data"
    general = {**HERE, "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
    bare.put(account, {**general, "properties": {"allowSharedKeyAccess": keys}})
    bare.put(f"{account}/queueServices/default/queues/events", {"properties": {}})
    topic = f"{IN_GROUP}/providers/Microsoft.EventGrid/systemTopics/topic"
    bare.put(topic, _topic_of(account))
    return account, topic


def _topic_of(account: str, **said):
    return {**HERE, **said, "properties": {"source": f"{ROOT}{account}", "topicType": "Microsoft.Storage.X"}}


def _to_queue(account: str, queue: str = "events"):
    where = {"resourceId": f"{ROOT}{account}", "queueName": queue}
    return {"destination": {"endpointType": "StorageQueue", "properties": where}}


def test_an_account_has_one_topic_which_keeps_its_source_and_is_where_that_is(bare) -> None:
    account, topic = _event_grid(bare, keys=True)
    other = account.replace("data", "other")
    bare.put(other, bare.ask("GET", account).body)

    assert _code(bare.ask("PUT", topic.replace("/topic", "/second"), _topic_of(account))) == "InvalidRequest"
    assert _code(bare.ask("PUT", topic, _topic_of(other))) == "InvalidRequest"
    assert _code(bare.ask("PUT", topic, _topic_of(account, location="eastus"))) == "InvalidRequest"
    bare.put(topic, _topic_of(account))


def test_events_go_to_a_queue_that_is_there_as_the_account_allows(bare) -> None:
    account, topic = _event_grid(bare, keys=False)
    subscription = f"{topic}/eventSubscriptions/score"
    by_identity = {"deliveryWithResourceIdentity": {"identity": {"type": "SystemAssigned"}, **_to_queue(account)}}

    assert _code(bare.ask("PUT", subscription, {"properties": _to_queue(account, "gone")})) == "ResourceNotFound"
    assert _code(bare.ask("PUT", subscription, {"properties": _to_queue(account)})) == "InvalidRequest"
    assert _code(bare.ask("PUT", subscription, {"properties": by_identity})) == "InvalidRequest"
    bare.put(account, {**bare.ask("GET", account).body, "properties": {"allowSharedKeyAccess": True}})
    bare.put(subscription, {"properties": _to_queue(account)})


def _plain(value):
    """Something of the same form, for requests that are refused before anybody looks closer."""
    if isinstance(value, EXPRESSIONS):
        return _LATER
    if isinstance(value, dict):
        return {str(key) if isinstance(key, ResourceId) else key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def test_every_kind_was_looked_at() -> None:
    assert GROUP in _kinds()
    assert len(_kinds()) >= 15
