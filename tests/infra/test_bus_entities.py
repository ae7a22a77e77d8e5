from infra.bus_entities import DEFAULT_SETTING, bus_bindings, bus_functions, connection_settings, entity, namespace_of
from tests.support import runs
from triggers import Binding


def binding(kind: str, **options: object) -> Binding:
    return Binding(type=kind, name="m", direction="IN", options=options)


TRIGGER = binding("serviceBusTrigger", topicName="news", subscriptionName="mine", isSessionsEnabled=True)
OUTPUT = binding("serviceBus", topicName="other", connection="Bus")


def test_functions_and_bindings_of_service_bus_are_found() -> None:
    functions = [runs.function(runs.HTTP), runs.function(runs.BUS)]

    assert [one.name for one in bus_functions(functions)] == ["score_message"]
    assert [one.option("queueName") for one in bus_bindings(functions)] == ["in", "out"]


def test_a_binding_without_a_connection_means_the_default_setting() -> None:
    assert connection_settings([TRIGGER, OUTPUT, OUTPUT]) == [DEFAULT_SETTING, "Bus"]


def test_entities_are_named_as_people_do() -> None:
    assert entity(TRIGGER) == "topic news, subscription mine"
    assert entity(OUTPUT) == "topic other"
    assert entity(binding("serviceBus", queueName="out")) == "queue out"


def test_the_namespace_has_what_the_bindings_name() -> None:
    document = namespace_of([TRIGGER, OUTPUT, *bus_bindings([runs.function(runs.BUS)])])

    (namespace,) = document["UserConfig"]["Namespaces"]
    assert [one["Name"] for one in namespace["Queues"]] == ["in", "out"]
    topics = {one["Name"]: one["Subscriptions"] for one in namespace["Topics"]}
    assert [(one["Name"], one["Properties"]["RequiresSession"]) for one in topics["news"]] == [("mine", True)]
    assert [one["Name"] for one in topics["other"]] == ["all"]


def test_a_name_that_depends_on_the_event_is_nobodys() -> None:
    document = namespace_of([binding("serviceBus", queueName="{to}")])

    assert document["UserConfig"]["Namespaces"][0]["Queues"] == []


def test_a_queue_with_sessions_for_one_function_has_them_for_all() -> None:
    document = namespace_of(
        [
            binding("serviceBus", queueName="q"),
            binding("serviceBusTrigger", queueName="q", isSessionsEnabled="true"),
        ]
    )

    (queue,) = document["UserConfig"]["Namespaces"][0]["Queues"]
    assert queue["Properties"] == {"MaxDeliveryCount": 10, "RequiresSession": True}
