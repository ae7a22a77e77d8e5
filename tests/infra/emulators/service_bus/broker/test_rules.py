"""infra.emulators.service_bus.broker.rules"""

import pytest

from infra.emulators.service_bus.broker.config import CorrelationFilter, RuleConfig, SqlFilter
from infra.emulators.service_bus.broker.errors import InvalidRule, RuleExists, RuleNotFound
from infra.emulators.service_bus.broker.rules import Rules
from infra.emulators.service_bus.message import Message, Properties

MESSAGE = Message(
    body=b"",
    properties=Properties(
        message_id="m",
        correlation_id="c",
        subject="l",
        to="t",
        reply_to="r",
        group_id="s",
        reply_to_group_id="rs",
        content_type="ct",
    ),
    application_properties={"n": 1, "t": "x"},
)


def copies(*rules: RuleConfig, of: Message = MESSAGE) -> list[Message]:
    return list(Rules(rules).copies(of))


def sql(name: str, expression: str, action: str | None = None) -> RuleConfig:
    return RuleConfig(name=name, filter=SqlFilter(expression=expression), action=action)


ALL_FIELDS = {
    "message_id": "m",
    "correlation_id": "c",
    "label": "l",
    "to": "t",
    "reply_to": "r",
    "session_id": "s",
    "reply_to_session_id": "rs",
    "content_type": "ct",
    "properties": {"n": 1, "t": "x"},
}


def test_a_correlation_filter_matches_all_its_fields() -> None:
    assert copies(RuleConfig(filter=CorrelationFilter(**ALL_FIELDS))) == [MESSAGE]


@pytest.mark.parametrize("field", ALL_FIELDS)
def test_one_other_field_matches_no_more(field) -> None:
    other = {"n": 2} if field == "properties" else "other"

    assert copies(RuleConfig(filter=CorrelationFilter(**{**ALL_FIELDS, field: other}))) == []


@pytest.mark.parametrize("properties", [{"n": True}, {"n": "1"}, {"gone": "x"}])
def test_properties_match_in_kind_and_value(properties) -> None:
    assert copies(RuleConfig(filter=CorrelationFilter(properties=properties))) == []


def test_the_default_rule_matches_everything() -> None:
    assert copies(RuleConfig()) == [MESSAGE]
    assert copies(sql("none", "1=0")) == []


def test_rules_without_action_make_one_copy_together_and_each_action_one_more() -> None:
    made = copies(
        sql("a", "n=1"),
        sql("b", "1=1"),
        sql("c", "1=1", "SET n=7"),
        sql("d", "n=1", "REMOVE t"),
        sql("e", "n=2", "SET n=9"),
    )

    assert [each.application_properties for each in made] == [
        {"n": 1, "t": "x"},
        {"n": 7, "t": "x", "RuleName": "c"},
        {"n": 1, "RuleName": "d"},
    ]
    assert MESSAGE.application_properties == {"n": 1, "t": "x"}


def test_rules_come_and_go_by_name() -> None:
    rules = Rules((RuleConfig(),))
    rules.add(sql("B", "n=2"))
    with pytest.raises(RuleExists, match="rule 'b' already"):
        rules.add(sql("b", "n=1"))
    rules.remove("$default")
    assert [rule.name for rule in rules.configs] == ["B"]
    assert list(rules.copies(MESSAGE)) == []
    with pytest.raises(RuleNotFound, match=r"no rule '\$Default'; there are: 'B'"):
        rules.remove("$Default")


@pytest.mark.parametrize("rule", [sql("bad", "n=="), sql("bad", "1=1", "SET")])
def test_a_rule_that_cannot_be_read_is_named(rule) -> None:
    with pytest.raises(InvalidRule, match=r"^Rule 'bad': The SQL"):
        Rules((rule,))
