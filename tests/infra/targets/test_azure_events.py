import pytest

from infra.contract import AppFunction
from infra.errors import InvalidDeployment
from infra.resources.expressions import ResourceId
from infra.resources.kinds import EVENT_SUBSCRIPTION, EVENT_TOPIC, ROLE, STORAGE
from infra.targets.azure_events import Told, deliveries, subject_of, told
from tests.support.deployments import image, spec
from triggers.contract import Binding


def function(name: str, kind: str = "blobTrigger", **options: object) -> AppFunction:
    return AppFunction(name=name, trigger=Binding(type=kind, name="x", direction="in", options=options))


def of(*functions: AppFunction, **said):
    return told(spec("container_apps", of=image(functions=functions, **said)), functions)


def made(*wanted: Told, account: bool = True, group: str = "", **said):
    of = spec("container_apps", **said)
    place = ResourceId(address=f"{STORAGE}/data", group=group)
    return deliveries(of, of.options, wanted, account=place, made=account, group="g")


SCORE = Told(function="score_blob", queue="events", subject="/blobServices/default/containers/input/")


@pytest.mark.parametrize(
    ("path", "rest"),
    [
        ("input/{name}", "input/"),
        ("input/new/{name}.json", "input/blobs/new/"),
        ("input/new-{name}", "input/blobs/new-"),
        ("input/only.json", "input/blobs/only.json"),
        ("in{where}/x/{name}", "in"),
        ("%WHERE%/new/{name}", ""),
        ("input/%PART%/{name}", "input/"),
    ],
)
def test_a_subject_begins_as_the_path_does_until_its_first_placeholder(path: str, rest: str) -> None:
    assert subject_of(path) == f"/blobServices/default/containers/{rest}"


def test_only_functions_that_read_events_from_a_queue_are_told() -> None:
    found = of(
        function("score_blob", path="input/{n}", eventQueue="Events", source="EventGrid"),
        function("looks", path="input/{n}"),
        function("called", path="input/{n}", source="EventGrid"),
        function("queued", "queueTrigger", queueName="q", eventQueue="q"),
    )

    assert found == (SCORE,)


def test_a_host_that_reads_no_such_queue_gets_no_events() -> None:
    assert of(function("a", path="in/{n}", eventQueue="events"), host="azure_functions") == ()


def test_two_functions_cannot_read_the_same_queue() -> None:
    with pytest.raises(InvalidDeployment, match=r"'a' and 'b' .* queue 'events'"):
        of(function("a", path="one/{n}", eventQueue="events"), function("b", path="two/{n}", eventQueue="EVENTS"))


def test_without_keys_the_topic_may_send_before_anybody_subscribes() -> None:
    found = made(SCORE)

    assert [each.kind for each in found] == [EVENT_TOPIC, ROLE, EVENT_SUBSCRIPTION]
    topic, role, subscription = found
    assert role.body["properties"]["roleDefinitionId"].name == "Storage Queue Data Message Sender"
    assert role.body["properties"]["principalId"].path == "identity.principalId"
    assert topic.address in role.after
    assert role.address in subscription.after


def test_with_keys_nobody_needs_a_role() -> None:
    assert [each.kind for each in made(SCORE, keys=True)] == [EVENT_TOPIC, EVENT_SUBSCRIPTION]


def test_without_anybody_to_tell_there_is_no_topic() -> None:
    assert made() == []


def test_an_account_that_was_there_gets_a_topic_only_by_name() -> None:
    assert made(SCORE, account=False) == []
    topic, role, subscription = made(SCORE, account=False, event_topic="theirs", group="data")

    assert (topic.name, subscription.name.partition("/")[0]) == ("theirs", "theirs")
    assert (
        topic.body["properties"]["source"] == role.body["scope"] == ResourceId(address=f"{STORAGE}/data", group="data")
    )


def test_the_topic_of_a_new_account_is_named_too_if_somebody_wants_it() -> None:
    assert made(SCORE, event_topic="mine", keys=True)[0].name == "mine"


def test_a_topic_has_a_name_that_can_be() -> None:
    with pytest.raises(InvalidDeployment, match="'my_topic' cannot be the name of a topic of Event Grid"):
        made(SCORE, event_topic="my_topic")


def test_a_topic_in_another_group_is_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidDeployment, match=r"event_topic='shared/defender' .* subscribe the queue to that topic"):
        made(SCORE, account=False, event_topic="shared/defender")


def test_names_of_subscriptions_are_names_and_no_two_are_the_same() -> None:
    functions = ("a", "score_blob", "score-blob", "SCORE_BLOB", "f" * 100)
    found = made(*(Told(function=each, queue=each.lower(), subject="/x/") for each in functions))

    names = [each.name.rpartition("/")[2] for each in found if each.kind == EVENT_SUBSCRIPTION]
    assert len({name.lower() for name in names}) == len(functions)
    assert all(3 <= len(name) <= 64 and "_" not in name for name in names)
    assert names[1].startswith("score-blob-")
    assert made(SCORE)[-1].name != made(SCORE, name="other")[-1].name
