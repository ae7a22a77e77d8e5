import pytest

from infra.emulators.service_bus.amqp.types import ULong
from infra.emulators.service_bus.broker.config import CorrelationFilter, NamespaceConfig, RuleConfig, SqlFilter
from infra.emulators.service_bus.broker.topic import Subscription
from tests.support.bus_desk import BusDesk, plain

PATH = "t/Subscriptions/s"


@pytest.fixture
def bus() -> BusDesk:
    return BusDesk(NamespaceConfig.of(topics={"t": ["s"]}))


def rules(bus: BusDesk) -> tuple[RuleConfig, ...]:
    subscription = bus.namespace.entity(PATH)
    assert isinstance(subscription, Subscription)
    return subscription.rules


def test_rules_are_added_and_removed(bus) -> None:
    sql = {"sql-filter": {"expression": "a = 1"}, "sql-rule-action": {"expression": "SET b = 2"}}
    correlation = {"correlation-filter": {"label": "red", "reply-to": None, "properties": {"size": 1}}}
    assert bus.ask(PATH, "add-rule", rule_name="sql", rule_description=sql) == (200, {})
    assert bus.ask(PATH, "add-rule", rule_name="red", rule_description=correlation) == (200, {})
    assert bus.ask(PATH, "remove-rule", rule_name="$Default") == (200, {})

    assert rules(bus) == (
        RuleConfig(name="sql", filter=SqlFilter(expression="a = 1"), action="SET b = 2"),
        RuleConfig(name="red", filter=CorrelationFilter(label="red", properties={"size": 1})),
    )


def test_rules_are_listed_as_clients_read_them(bus) -> None:
    sql = {"sql-filter": {"expression": "a = 1"}, "sql-rule-action": {"expression": "SET b = 2"}}
    correlation = {"correlation-filter": {"label": "red", "properties": {"size": 1}}}
    bus.ask(PATH, "add-rule", rule_name="sql", rule_description=sql)
    bus.ask(PATH, "add-rule", rule_name="red", rule_description=correlation)
    status, body = bus.ask(PATH, "enumerate-rules", top=10, skip=0)
    listed = [entry["rule-description"] for entry in body["rules"]]

    assert status == 200
    assert [plain(rule) for rule in listed] == [
        [["1=1", None], [], "$Default", 0],
        [["a = 1", None], ["SET b = 2", None], "sql", 0],
        [[None, None, None, None, "red", None, None, None, {"size": 1}], [], "red", 0],
    ]
    assert {rule.descriptor for rule in listed} == {ULong(1335734829060)}
    assert [rule.value[0].descriptor for rule in listed] == [83483426823, 83483426822, 83483426825]


def test_a_part_of_the_list(bus) -> None:
    bus.ask(PATH, "add-rule", rule_name="b", rule_description={"sql-filter": {"expression": "1=0"}})

    assert len(bus.ask(PATH, "enumerate-rules", top=1, skip=1)[1]["rules"]) == 1
    assert bus.ask(PATH, "enumerate-rules", top=1, skip=2) == (204, {})


@pytest.mark.parametrize("description", [{}, {"sql-filter": {}}, {"sql-filter": {"expression": 7}}])
def test_a_description_that_is_none(bus, description) -> None:
    status, why = bus.ask(PATH, "add-rule", rule_name="x", rule_description=description)

    assert (status, why) == (400, "com.microsoft:argument-error")


def test_what_the_broker_refuses(bus) -> None:
    doubled = {"rule_name": "$Default", "rule_description": {"sql-filter": {"expression": "1=1"}}}

    assert bus.ask(PATH, "add-rule", **doubled)[0] == 409
    assert bus.ask(PATH, "remove-rule", rule_name="nobody")[0] == 404
    bad = {"rule_name": "bad", "rule_description": {"sql-filter": {"expression": "((("}}}
    assert bus.ask(PATH, "add-rule", **bad)[0] == 400
