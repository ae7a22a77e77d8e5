"""Topics with the real client: every subscription gets the copies that its rules let through."""

import pytest
from azure.servicebus import ServiceBusMessage, ServiceBusSubQueue

from infra.emulators.service_bus import NamespaceConfig
from infra.emulators.service_bus.broker.config import (
    CorrelationFilter,
    RuleConfig,
    SqlFilter,
    SubscriptionConfig,
    TopicConfig,
)
from tests.support.service_bus_clients import both_clients, row

pytestmark = pytest.mark.service_bus


def _subscription(name: str, *rules: RuleConfig) -> SubscriptionConfig:
    return SubscriptionConfig(name=name, rules=rules or (RuleConfig(),))


CONFIG = NamespaceConfig(
    topics=(
        TopicConfig(
            name="news",
            subscriptions=(
                _subscription("all"),
                _subscription("red", RuleConfig(filter=CorrelationFilter(label="red", properties={"size": 1}))),
                _subscription("big", RuleConfig(filter=SqlFilter(expression="size > 10 AND sys.Label LIKE 'b%'"))),
                _subscription(
                    "changed",
                    RuleConfig(filter=SqlFilter(expression="size = 99"), action="SET seen = 'yes'; REMOVE size"),
                ),
            ),
        ),
    )
)
SOON = 0.2


@pytest.fixture(scope="module")
def table():
    with both_clients(CONFIG) as table:
        yield table


def taken(clients, subscription: str) -> list:
    """All that a subscription has, completed, in the order of its numbers.

    What arrives between two calls is given back by the client, and comes after others.
    """
    receiver = clients.receiver(f"news/{subscription}")
    found = []
    while messages := receiver.receive_messages(max_message_count=10, max_wait_time=SOON):
        for message in messages:
            receiver.complete_message(message)
        found += messages
    return sorted(found, key=lambda message: message.sequence_number)


def bodies(messages) -> list[str]:
    return [b"".join(message.body).decode() for message in messages]


@row
def test_rules_choose(bus, clients) -> None:
    sender = clients.sender("news")
    sender.send_messages(ServiceBusMessage("1", subject="red", application_properties={"size": 1}))
    sender.send_messages(ServiceBusMessage("2", subject="red", application_properties={"size": 2}))
    sender.send_messages(ServiceBusMessage("3", subject="blue", application_properties={"size": 11}))
    sender.send_messages(ServiceBusMessage("4", subject="blue"))

    assert bodies(taken(clients, "all")) == ["1", "2", "3", "4"]
    assert bodies(taken(clients, "red")) == ["1"]
    assert bodies(taken(clients, "big")) == ["3"]
    assert bodies(taken(clients, "changed")) == []


@row
def test_an_action_changes_the_copy(bus, clients) -> None:
    clients.sender("news").send_messages(ServiceBusMessage("5", application_properties={"size": 99}))
    (changed,) = taken(clients, "changed")
    (plain,) = taken(clients, "all")

    assert changed.application_properties == {b"seen": b"yes", b"RuleName": b"$Default"}
    assert plain.application_properties == {b"size": 99}


@row
def test_copies_are_settled_one_by_one(bus, clients) -> None:
    clients.sender("news").send_messages(ServiceBusMessage("6", subject="red", application_properties={"size": 1}))
    receiver = clients.receiver("news/red")
    (message,) = receiver.receive_messages(max_wait_time=2)
    receiver.dead_letter_message(message, reason="why")
    dead = clients.receiver("news/red", sub_queue=ServiceBusSubQueue.DEAD_LETTER)
    (letter,) = dead.receive_messages(max_wait_time=2)
    dead.complete_message(letter)

    assert letter.dead_letter_reason == "why"
    assert bodies(taken(clients, "all")) == ["6"]
    assert bus.waiting("news/Subscriptions/red") == 0


@row
def test_a_batch_to_a_topic(bus, clients) -> None:
    clients.sender("news").send_messages([ServiceBusMessage(f"{number}") for number in range(3)])

    assert bodies(taken(clients, "all")) == ["0", "1", "2"]
