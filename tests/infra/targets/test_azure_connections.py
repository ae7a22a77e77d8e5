import pytest

from infra.contract import AppFunction
from infra.targets.azure_connections import is_given, wanted
from tests.support.deployments import image, spec
from triggers.contract import Binding


def of(**said):
    return wanted(spec("container_apps", **said))


def function(kind: str, **options: object) -> AppFunction:
    return AppFunction(name="f", trigger=Binding(type=kind, name="x", direction="in", options=options))


def test_a_blob_trigger_wants_its_account_and_both_containers() -> None:
    found = of(of=image({"blob": {"input_path": "in1/{n}", "output_path": "out/{n}", "error_path": "bad/{n}"}}))

    assert found.storage == ("TriggerConnectionString",)
    assert sorted(found.containers) == ["bad", "in1", "out"]
    assert (found.queues, found.bus) == ((), ())


def test_containers_that_the_event_names_cannot_be_made_before() -> None:
    outputs = (Binding(type="blob", name="$return", direction="out", options={"path": "{to}/{n}"}),)
    mixed = AppFunction(name="f", trigger=function("blobTrigger", path="in/{n}").trigger, outputs=outputs)

    assert of(of=image(functions=(mixed,), connections={})).containers == ("in",)


def test_queues_are_made_for_triggers_answers_and_events() -> None:
    assert of(of=image({"storage_queue": {}})).queues == ("input", "output")
    assert of(of=image({"blob": {"source": "EventGrid", "event_queue": "told"}})).queues == ("told",)


def test_events_are_wanted_where_the_account_is_not_given() -> None:
    told = image({"blob": {"source": "EventGrid", "event_queue": "told"}})

    assert [each.queue for each in of(of=told).told] == ["told"]
    assert of(of=told, settings={"TriggerConnectionString__accountName": "mine"}).told == ()


def test_service_bus_wants_queues_topics_and_subscriptions() -> None:
    functions = (
        function("serviceBusTrigger", topicName="news", subscriptionName="mine", connection="B"),
        function("serviceBusTrigger", topicName="news", subscriptionName="yours", connection="B"),
        function("serviceBusTrigger", queueName="input"),
    )
    found = of(of=image(functions=functions, connections={}))

    assert found.topics == {"news": ("mine", "yours")}
    assert found.bus_queues == ("input",)
    assert found.bus == ("B", "AzureWebJobsServiceBus")


def test_a_binding_without_a_connection_means_the_hosts_account() -> None:
    assert of(of=image(functions=(function("queueTrigger", queueName="q"),))).storage == ("AzureWebJobsStorage",)


def test_tables_are_noticed() -> None:
    outputs = (Binding(type="table", name="t", direction="out", options={"tableName": "t"}),)
    app = AppFunction(name="f", trigger=function("httpTrigger").trigger, outputs=outputs)

    assert of(of=image(functions=(app,), connections={})).tables
    assert not of().tables


@pytest.mark.parametrize(
    "setting",
    [
        "TriggerConnectionString",
        "triggerconnectionstring",
        "TriggerConnectionString__accountName",
        "AzureWebJobsTriggerConnectionString",
        "ConnectionStrings:TriggerConnectionString",
    ],
)
def test_what_the_deployment_gives_is_not_wanted(setting: str) -> None:
    given = {setting: "DefaultEndpointsProtocol=https;AccountName=a"}

    assert is_given(spec("container_apps", settings=given), "TriggerConnectionString")
    assert of(settings=given).storage == ()
    assert of(settings=given).containers == ()


def test_a_setting_of_a_similar_name_is_another_one() -> None:
    assert not is_given(spec("container_apps", settings={"TriggerConnection": "x"}), "TriggerConnectionString")
