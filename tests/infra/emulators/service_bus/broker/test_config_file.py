"""infra.emulators.service_bus.broker.config_file"""

import json
import logging
from datetime import timedelta
from pathlib import Path

import pytest

from infra.emulators.service_bus.broker.config import (
    CorrelationFilter,
    NamespaceConfig,
    QueueConfig,
    RuleConfig,
    SqlFilter,
    SubscriptionConfig,
    TopicConfig,
)
from infra.emulators.service_bus.broker.config_file import read_config
from infra.emulators.service_bus.broker.errors import InvalidBusConfig
from infra.errors import InvalidRunRequest


@pytest.fixture
def read(tmp_path: Path):
    def write_and_read(**namespace) -> NamespaceConfig:
        file = tmp_path / "Config.json"
        named = {"Name": "sbemulatorns", **namespace}
        file.write_text(json.dumps({"UserConfig": {"Namespaces": [named], "Logging": {"Type": "File"}}}))
        return read_config(file)

    return write_and_read


def problems(read, **namespace) -> tuple[str, ...]:
    with pytest.raises(InvalidBusConfig) as raised:
        read(**namespace)
    return tuple(text.replace("$.UserConfig.Namespaces[0].", "") for text in raised.value.problems)


def test_a_name_is_enough(read) -> None:
    config = read(Queues=[{"Name": "q"}], Topics=[{"Name": "t", "Subscriptions": [{"Name": "s"}]}])

    assert config == NamespaceConfig.of(queues=["q"], topics={"t": ["s"]})


def test_every_property_of_a_queue_is_read(read) -> None:
    properties = {
        "DeadLetteringOnMessageExpiration": True,
        "DefaultMessageTimeToLive": "PT10M",
        "DuplicateDetectionHistoryTimeWindow": "PT30S",
        "ForwardDeadLetteredMessagesTo": "b",
        "ForwardTo": "",
        "LockDuration": "PT5S",
        "MaxDeliveryCount": 10,
        "RequiresDuplicateDetection": True,
        "RequiresSession": True,
    }
    config = read(Queues=[{"Name": "a", "Properties": properties}, {"Name": "b"}])

    assert config.queues[0] == QueueConfig(
        name="a",
        dead_letters_expired=True,
        default_ttl=timedelta(minutes=10),
        duplicate_window=timedelta(seconds=30),
        forward_dead_letters_to="b",
        lock_duration=timedelta(seconds=5),
        max_delivery_count=10,
        requires_session=True,
    )


def test_the_window_counts_only_where_duplicates_are_looked_for(read) -> None:
    window = {"DuplicateDetectionHistoryTimeWindow": "PT30S"}
    asked = {"RequiresDuplicateDetection": True}
    config = read(Queues=[{"Name": "a", "Properties": window}, {"Name": "b", "Properties": asked}])

    assert [queue.duplicate_window for queue in config.queues] == [None, timedelta(seconds=20)]


def test_topics_and_rules_are_read(read) -> None:
    correlation = {"Label": "l", "MessageId": "m", "Properties": {"n": 1}}
    rules = [
        {"Name": "c", "Properties": {"FilterType": "Correlation", "CorrelationFilter": correlation}},
        {
            "Name": "s",
            "Properties": {
                "FilterType": "Sql",
                "SqlFilter": {"SqlExpression": "n > 1"},
                "Action": {"SqlExpression": "SET n = 2"},
            },
        },
    ]
    config = read(
        Topics=[
            {
                "Name": "t",
                "Properties": {"DefaultMessageTimeToLive": "PT5M", "RequiresDuplicateDetection": True},
                "Subscriptions": [{"Name": "s", "Properties": {"MaxDeliveryCount": 1}, "Rules": rules}],
            }
        ]
    )

    wanted = (
        RuleConfig(name="c", filter=CorrelationFilter(label="l", message_id="m", properties={"n": 1})),
        RuleConfig(name="s", filter=SqlFilter(expression="n > 1"), action="SET n = 2"),
    )
    assert config.topics == (
        TopicConfig(
            name="t",
            default_ttl=timedelta(minutes=5),
            duplicate_window=timedelta(seconds=20),
            subscriptions=(SubscriptionConfig(name="s", max_delivery_count=1, rules=wanted),),
        ),
    )


def test_all_problems_are_told_at_once_with_place_value_and_range(read) -> None:
    properties = {
        "LockDuration": "PT1S",
        "MaxDeliveryCount": 11,
        "DefaultMessageTimeToLive": "P1D",
        "RequiresSession": 1,
    }
    rules = [
        {"Name": "a", "Properties": {"FilterType": "Sql", "SqlFilter": {"SqlExpression": "n =="}}},
        {"Name": "b", "Properties": {"FilterType": "Correlation"}},
        {"Name": "c", "Properties": {"FilterType": "Xml"}},
    ]
    found = problems(
        read,
        Name="mine",
        Queues=[{"Name": "q", "Properties": properties}, {"Properties": {"ForwardTo": "nowhere"}}],
        Topics=[{"Name": "t", "Subscriptions": []}, {"Name": "u", "Subscriptions": [{"Name": "s", "Rules": rules}]}],
    )

    place = "Topics[1].Subscriptions[0].Rules"
    assert found == (
        "Name is 'mine'; it must be 'sbemulatorns'.",
        "Queues[0].Properties.LockDuration is 'PT1S'; it must be an ISO 8601 duration from PT5S to PT5M.",
        "Queues[0].Properties.MaxDeliveryCount is 11; it must be a whole number from 1 to 10.",
        "Queues[0].Properties.DefaultMessageTimeToLive is 'P1D'; it must be an ISO 8601 duration from PT5M to PT1H.",
        "Queues[0].Properties.RequiresSession is 1; it must be true or false.",
        "Queues[1].Name is None; it must be a text that is not empty.",
        "Topics[0].Subscriptions is a list of 0; it must be a list of 1 to 50 objects.",
        f"{place}[0].Properties: Rule 'a': The SQL filter 'n ==' cannot be read from character 4 on; texts are in "
        "'single quotes', names with other signs than letters, digits and _ in [brackets].",
        f"{place}[1].Properties.CorrelationFilter is None; it must be an object.",
        f"{place}[2].Properties.FilterType is 'Xml'; it must be 'Correlation' or 'Sql'.",
        "'Queues[1]' forwards to 'nowhere', and there is no queue or topic of that name.",
    )


def test_the_problems_are_in_the_message(read, tmp_path) -> None:
    with pytest.raises(InvalidBusConfig) as raised:
        read(Queues=[{"Name": "q"}, {"Name": "Q"}])

    assert str(raised.value) == (
        f"{tmp_path / 'Config.json'} does not describe a Service Bus namespace:\n"
        "  'q' is the name of more than one queue or topic."
    )


def test_there_are_no_more_than_fifty_entities(read) -> None:
    found = problems(
        read,
        Queues=[{"Name": f"q{number}"} for number in range(30)],
        Topics=[{"Name": f"t{number}", "Subscriptions": [{"Name": "s"}]} for number in range(21)],
    )

    assert found == ("$.UserConfig.Namespaces[0] has 30 queues and 21 topics; 50 in all are the most.",)


def test_strange_keys_are_logged_and_no_more(read, caplog) -> None:
    with caplog.at_level(logging.WARNING):
        read(Queues=[{"Name": "q", "Properties": {"LockDuraton": "PT5S"}}])

    assert "$.UserConfig.Namespaces[0].Queues[0].Properties.LockDuraton means nothing" in caplog.text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "is not JSON"),
        ("[]", "must hold a JSON object"),
        ("{}", r"\$.UserConfig is None; it must be an object"),
        ('{"UserConfig": {}}', r"\$.UserConfig.Namespaces is None; it must be a list of 1 to 1 objects"),
    ],
)
def test_other_files_are_refused(tmp_path, text, why) -> None:
    (tmp_path / "c.json").write_text(text)

    with pytest.raises(InvalidRunRequest, match=why):
        read_config(tmp_path / "c.json")
