import pytest

from infra.errors import ApplyFailed, NotPermitted
from infra.platforms.arm_errors import Refused, failed, lacks, refused
from infra.resources.kinds import CONTAINER_GROUP, EVENT_SUBSCRIPTION
from tests.support.arm_platform import SHARED
from tests.support.deployments import image, spec

SUBSCRIPTION = f"{EVENT_SUBSCRIPTION}/teamtopic/score-blob"
SITE = "Microsoft.Web/sites/mine"


@pytest.mark.parametrize(
    ("status", "code", "said", "way_out"),
    [
        (409, "Conflict", "Website with given name mine already exists.", "Somebody else has that name"),
        (409, "StorageAccountAlreadyTaken", "The storage account named x is already taken.", "Somebody else"),
        (409, "Conflict", "Cannot modify this site because another operation is in progress.", "goes on where"),
        (404, "ResourceGroupNotFound", "Resource group 'g' could not be found.", "deleted the resource group 'g'"),
        (400, "LocationNotAvailableForResourceType", "Not in mars.", "Choose another region"),
        (400, "SkuNotAvailable", "No B9.", "Choose another size"),
        (429, "TooManyRequests", "Slow down.", "wait a while"),
        (
            400,
            "InvalidRequest",
            "Only one system topic is allowed per source.",
            "in the group 'g', name it as event_topic",
        ),
        (400, "InvalidRequestContent", "Could not find member 'x'.", "Correct that"),
        (500, "InternalServerError", "Oops.", "goes on where it stopped"),
    ],
)
def test_says_azures_words_and_the_way_out(status, code, said, way_out) -> None:
    error = str(failed(Refused(status, code, said), SITE, group="g"))

    assert error.startswith(f"Azure did not take {SITE}: {code}: {said}")
    assert way_out in error


@pytest.mark.parametrize(
    ("action", "role"),
    [
        ("Microsoft.Authorization/roleAssignments/write", "Role Based Access Control Administrator"),
        ("Microsoft.Web/sites/write", "Website Contributor"),
        ("Microsoft.Storage/storageAccounts/write", "Contributor"),
    ],
)
def test_names_action_place_and_role(action, role) -> None:
    said = f"The client 'x' does not have authorization to perform action '{action}' over scope '/subscriptions/s' or"

    error = failed(Refused(403, "AuthorizationFailed", said), SITE, group="g")

    assert isinstance(error, NotPermitted)
    assert f"You may not {action} on /subscriptions/s, which {SITE} needs" in str(error)
    assert repr(role) in str(error)


def test_passes_on_a_prohibition_without_an_action() -> None:
    error = failed(Refused(403, "RequestDisallowedByPolicy", "Policy 'tags' forbids it."), SITE, group="g")

    assert str(error) == f"You may not do that to {SITE}: RequestDisallowedByPolicy: Policy 'tags' forbids it."


def test_reads_inner_words_too() -> None:
    document = {"error": {"code": "A", "message": "outer.", "details": [{"code": "B", "message": "inner."}]}}

    found = refused(400, document, "")

    assert (found.code, found.said) == ("A", "outer. inner.")


@pytest.mark.parametrize(
    ("document", "text", "said"), [({}, "Unauthorized", "Unauthorized"), (None, "", "without a word")]
)
def test_reads_answers_that_are_no_documents(document, text, said) -> None:
    found = refused(401, document, text)

    assert (found.code, found.said) == ("HTTP 401", said)


def test_reads_an_error_that_is_text() -> None:
    assert refused(400, {"error": "odd"}, "").said == "odd"


def test_names_the_queue_that_somebody_has_to_make() -> None:
    said = "The Resource '/x/Microsoft.Storage/storageAccounts/data/queueServices/default/queues/events' was"

    error = str(failed(Refused(404, "ResourceNotFound", f"{said} not found."), SUBSCRIPTION, group="g"))

    command = "az storage queue create --auth-mode login --account-name data --name events"
    assert f"Make the queue 'events' in the account 'data' (`{command}`). Apply again" in error
    for status, code, text, address, is_told in (
        (400, "InvalidRequest", "The queue does not exist.", SUBSCRIPTION, True),
        (400, "InvalidRequest", "The queue is odd.", SUBSCRIPTION, False),
        (404, "ResourceNotFound", "No topic.", SUBSCRIPTION, False),
        (404, "ResourceNotFound", "No queue.", SITE, False),
    ):
        error = str(failed(Refused(status, code, text), address, group="g"))
        assert ("Make the queue that the option event_queue" in error) == is_told


def test_tells_how_a_topic_gets_an_identity() -> None:
    error = str(lacks("Microsoft.EventGrid/systemTopics/teamtopic", "identity.principalId", group="g"))

    command = "az eventgrid system-topic update --resource-group g --name teamtopic --identity systemassigned"
    assert f"`{command}`" in error
    other = str(lacks(SITE, "properties.x", group="g"))
    assert other == f"{SITE} has no properties.x; look at it in the portal, and apply again."


GENERAL = {"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
TOLD = image({"blob": {"source": "EventGrid", "event_queue": "events"}})


@pytest.mark.parametrize("target", ["container_instances", "container_apps", "functions", "app_service"])
def test_the_app_does_not_wait_for_a_queue_that_only_people_make(azure, target) -> None:
    account = f"/resourceGroups/{SHARED}/providers/Microsoft.Storage/storageAccounts/teamdata"
    azure.put(account, GENERAL)
    wanted = spec(
        target, registry_group=SHARED, trigger_storage=f"{SHARED}/teamdata", event_topic="told-by-teamdata", of=TOLD
    )

    with pytest.raises(ApplyFailed, match="Make the queue 'events' in the account 'teamdata'"):
        azure.apply(wanted)
    assert azure.platform(wanted).status().state == "running"

    azure.put(f"{account}/queueServices/default/queues/events", {"properties": {}})
    azure.apply(wanted)
    assert len([*azure.fake.store.of_kind(EVENT_SUBSCRIPTION)]) == 1
    assert azure.changes(wanted) == []


def test_a_topic_without_an_identity_is_told_with_its_command(azure) -> None:
    group = "/resourceGroups/diabetes-group"
    account, topic = (
        f"{group}/providers/Microsoft.{each}"
        for each in ("Storage/storageAccounts/teamdata", "EventGrid/systemTopics/teamtopic")
    )
    azure.put(group, {"location": "westeurope"})
    azure.put(account, GENERAL)
    [there] = azure.fake.store.of_kind("Microsoft.Storage/storageAccounts")
    source = {"source": there.path, "topicType": "Microsoft.Storage.StorageAccounts"}
    azure.put(topic, {"location": "westeurope", "properties": source})
    wanted = spec(
        "container_instances", registry_group=SHARED, trigger_storage="teamdata", event_topic="teamtopic", of=TOLD
    )

    for ask in (azure.changes, azure.apply):
        with pytest.raises(ApplyFailed, match="--resource-group diabetes-group --name teamtopic --identity"):
            ask(wanted)
    assert [*azure.fake.store.of_kind(CONTAINER_GROUP)] == []
