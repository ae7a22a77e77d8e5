import pytest

from infra.contract import AppFunction, Scale
from infra.errors import InvalidDeployment
from infra.resources.expressions import ResourceId
from infra.scaling import container_apps_rule, scaling
from tests.support.deployments import image, spec
from triggers.contract import Binding, ScaleRule

BY_KEY = {"AzureWebJobsStorage": "connection"}
ME = ResourceId(address="Microsoft.ManagedIdentity/userAssignedIdentities/me")


def of(triggers, settings=BY_KEY, **scale):
    return scaling(spec("container_apps", of=image(triggers), scale=Scale(**scale)), settings)


def test_blobs_are_counted_by_the_queue_of_what_is_to_be_done_not_by_what_lies_there() -> None:
    found = of({"blob": {}})

    assert found.rules["score-blob"].scaler == "azure-queue"
    assert found.rules["score-blob"].metadata["queueName"] == "azure-webjobs-blobtrigger-diabetes"
    assert (found.min_replicas, found.max_replicas) == (1, 10)


def test_what_others_count_or_call_needs_no_replica() -> None:
    for triggers in ({"service_bus_queue": {}}, {"storage_queue": {}}, {"http": {}}, {}):
        assert of(triggers).min_replicas == 0
    assert of({}).rules["http"].scaler == "http"


def test_blobs_that_requests_tell_of_are_counted_by_requests_too() -> None:
    assert set(of({"blob": {"source": "EventGrid"}}).rules) == {"score-blob", "http"}


@pytest.mark.parametrize("queue", [{}, {"event_queue": "told"}])
def test_where_events_tell_of_blobs_one_replica_looks_for_lost_ones_unless_none_is_asked_for(queue) -> None:
    told = {"blob": {"source": "EventGrid", **queue}}

    assert of(told).min_replicas == 1
    assert of(told, min_replicas=0).min_replicas == 0
    assert of(told, max_replicas=1).max_replicas == 1


def test_a_host_that_never_looks_for_lost_events_may_sleep() -> None:
    theirs = image({"blob": {"source": "EventGrid"}}, host="azure_functions")

    assert scaling(spec("container_apps", of=theirs), BY_KEY).min_replicas == 0


def test_blobs_that_messages_tell_of_are_counted_by_both_queues() -> None:
    told = of({"blob": {"source": "EventGrid", "event_queue": "told"}})

    queues = [rule.metadata["queueName"] for rule in told.rules.values()]
    assert queues == ["azure-webjobs-blobtrigger-diabetes", "told"]
    assert told.rules["score-blob-events"].metadata["connectionFromEnv"] == "TriggerConnectionString"


def _function(name: str, kind: str, **options: object) -> AppFunction:
    return AppFunction(name=name, trigger=Binding(type=kind, name="x", direction="in", options=options))


def _of_functions(*functions: AppFunction, **said):
    return scaling(spec("container_apps", of=image(functions=functions, **said)), BY_KEY)


def test_no_rule_takes_the_place_of_another() -> None:
    found = _of_functions(
        _function("load", "blobTrigger", path="input/{n}", source="EventGrid", eventQueue="told"),
        _function("load_events", "queueTrigger", queueName="one"),
        _function("load-events", "queueTrigger", queueName="two"),
        _function("Http", "queueTrigger", queueName="three"),
    )

    queues = {name: rule.metadata["queueName"] for name, rule in found.rules.items()}
    assert queues == {
        "load": "azure-webjobs-blobtrigger-diabetes", "load-events": "told", "load-events-2": "one",
        "load-events-3": "two", "http-2": "three",
    }  # fmt: skip


def test_microsofts_host_reads_no_queue_of_events() -> None:
    called = _function("f", "blobTrigger", path="input/{n}", source="EventGrid", eventQueue="told")
    looking = _function("f", "blobTrigger", path="input/{n}", eventQueue="told")

    assert set(_of_functions(called, host="azure_functions").rules) == {"f", "http"}
    found = _of_functions(looking, host="azure_functions")
    assert (set(found.rules), found.min_replicas) == ({"f"}, 1)


def test_queues_have_lower_case_names() -> None:
    found = _of_functions(_function("f", "blobTrigger", path="input/{n}", eventQueue="Told"))

    assert found.rules["f-events"].metadata["queueName"] == "told"


def test_a_clock_needs_a_replica_that_looks_at_it() -> None:
    assert of({"timer": {"schedule": "0 0 * * * *"}}).min_replicas == 1


def test_limits_of_the_deployment_win_where_they_can() -> None:
    found = of({"service_bus_queue": {}}, min_replicas=2, max_replicas=5)

    assert (found.min_replicas, found.max_replicas) == (2, 5)
    assert of({"service_bus_queue": {}}, min_replicas=20).max_replicas == 20


def test_nobody_may_scale_away_the_one_that_looks() -> None:
    with pytest.raises(InvalidDeployment, match=r"min_replicas=0 .*'score_blob'"):
        of({"blob": {}}, min_replicas=0)


@pytest.mark.parametrize("limits", [{"max_replicas": 0}, {"min_replicas": 3, "max_replicas": 2}, {"min_replicas": -1}])
def test_limits_that_are_no_range_are_refused(limits) -> None:
    with pytest.raises(InvalidDeployment):
        of({"http": {}}, **limits)


QUEUE = ScaleRule(scaler="azure-queue", metadata={"queueName": "q", "connectionFromEnv": "C"})
BUS = ScaleRule(scaler="azure-servicebus", metadata={"queueName": "q", "connectionFromEnv": "C"})


def rule(of: ScaleRule, settings, secrets=None):
    return container_apps_rule("r", of, settings=settings, secrets=secrets or {}, identity=ME)


def test_a_connection_that_is_a_secret_is_named_by_it() -> None:
    assert rule(QUEUE, {}, {"C": "c"})["custom"] == {
        "type": "azure-queue",
        "metadata": {"queueName": "q"},
        "auth": [{"secretRef": "c", "triggerParameter": "connection"}],
    }


@pytest.mark.parametrize(
    ("of", "settings", "place"),
    [
        (QUEUE, {"C__accountName": "data"}, {"accountName": "data"}),
        (QUEUE, {"C__queueServiceUri": "https://data.queue.core.windows.net"}, {"accountName": "data"}),
        (BUS, {"C__fullyQualifiedNamespace": "bus.servicebus.windows.net"}, {"namespace": "bus"}),
    ],
)
def test_a_connection_by_identity_is_looked_into_by_the_same(of, settings, place) -> None:
    custom = rule(of, settings)["custom"]

    assert custom["identity"] == ME
    assert custom["metadata"] == {"queueName": "q", **place}


def test_a_connection_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(InvalidDeployment, match="'C'"):
        rule(QUEUE, {})


def test_without_an_identity_nothing_is_looked_into_by_one() -> None:
    with pytest.raises(InvalidDeployment, match="'C'"):
        container_apps_rule("r", QUEUE, settings={"C__accountName": "data"}, secrets={}, identity=None)


def test_requests_are_counted_without_any_connection() -> None:
    http = ScaleRule(scaler="http", metadata={"concurrentRequests": "10"})

    assert rule(http, {}) == {"name": "r", "http": {"metadata": {"concurrentRequests": "10"}}}


def test_a_function_without_a_rule_keeps_one_replica() -> None:
    odd = AppFunction(name="odd", trigger=Binding(type="blobTrigger", name="b", direction="in", options={"path": ""}))
    wanted = spec("container_apps", of=image(functions=(odd,)))

    assert scaling(wanted, BY_KEY).min_replicas == 1
