from infra.resources.event_grid import new_blobs, topic
from infra.resources.expressions import ResourceId
from infra.resources.storage import queue
from tests.support.arm_models import problems

DATA = ResourceId(address="Microsoft.Storage/storageAccounts/teamdata")


def _both(*, keys: bool):
    made = topic("teamdata-events", DATA, "westeurope", keys=keys, deployment="diabetes", tags={"team": "ml"})
    events = queue("teamdata", "events", made=True)
    return made, new_blobs(made, "score", account=DATA, queue=events, subject="/x/", deployment="diabetes")


def test_a_topic_is_the_accounts_own_and_where_that_is() -> None:
    made, _ = _both(keys=True)

    assert (made.name, made.body["location"]) == ("teamdata-events", "westeurope")
    assert made.body["properties"]["source"] == DATA
    assert made.body["tags"] == {"team": "ml", "packager-deployment": "diabetes"}
    assert made.after == ("Microsoft.Storage/storageAccounts/teamdata",)


def test_without_keys_the_topic_is_somebody_and_delivers_as_such() -> None:
    made, told = _both(keys=False)

    assert made.body["identity"] == {"type": "SystemAssigned"}
    delivery = told.body["properties"]["deliveryWithResourceIdentity"]
    assert delivery["identity"] == {"type": "SystemAssigned"}
    assert delivery["destination"]["properties"]["queueName"] == "events"
    assert "destination" not in told.body["properties"]


def test_with_keys_the_topic_is_nobody_and_delivers_by_them() -> None:
    made, told = _both(keys=True)

    assert "identity" not in made.body
    assert told.body["properties"]["destination"]["endpointType"] == "StorageQueue"
    assert "deliveryWithResourceIdentity" not in told.body["properties"]


def test_a_subscription_is_for_new_blobs_there_and_comes_after_its_queue() -> None:
    _, told = _both(keys=False)

    assert told.name == "teamdata-events/score"
    assert told.body["properties"]["filter"] == {
        "subjectBeginsWith": "/x/",
        "includedEventTypes": ["Microsoft.Storage.BlobCreated"],
    }
    assert told.after == (
        "Microsoft.EventGrid/systemTopics/teamdata-events",
        "Microsoft.Storage/storageAccounts/queueServices/queues/teamdata/default/events",
    )
    assert told.body["properties"]["labels"] == ["packager-deployment=diabetes"]


def test_what_is_no_kind_of_destination_is_noticed() -> None:
    _, told = _both(keys=True)
    said = dict(told.body["properties"])

    assert problems(told.kind, told.body) == []
    for wrong in ({"endpointType": "Queue"}, {"endpointTyp": "StorageQueue"}, {"endpointType": "EventHub"}):
        said["destination"] = {**wrong, "properties": {"queueName": "events"}}
        assert problems(told.kind, {"properties": said})
