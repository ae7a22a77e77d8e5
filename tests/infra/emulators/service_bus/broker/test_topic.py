"""infra.emulators.service_bus.broker.topic"""

import pytest

from infra.emulators.service_bus.broker.clock import ManualClock
from infra.emulators.service_bus.broker.config import (
    NamespaceConfig,
    RuleConfig,
    SqlFilter,
    SubscriptionConfig,
    TopicConfig,
)
from infra.emulators.service_bus.broker.errors import OperationNotAllowed, QuotaExceeded
from infra.emulators.service_bus.broker.namespace import Namespace
from infra.emulators.service_bus.broker.topic import Subscription, Topic
from tests.infra.emulators.service_bus.broker.world import SECOND, bodies, message, receiver, taken


def topic(*subscriptions: SubscriptionConfig, entity_bytes: int = 1000, **config) -> tuple[Topic, ManualClock]:
    clock = ManualClock()
    one = TopicConfig(name="t", subscriptions=subscriptions, **config)
    namespace = Namespace(NamespaceConfig(topics=(one,), max_entity_bytes=entity_bytes), clock=clock)
    of = namespace.entity("t")
    assert isinstance(of, Topic)
    return of, clock


def only(expression: str) -> tuple[RuleConfig, ...]:
    return (RuleConfig(name="only", filter=SqlFilter(expression=expression)),)


def test_every_subscription_gets_what_its_rules_match() -> None:
    of, _ = topic(SubscriptionConfig(name="all"), SubscriptionConfig(name="red", rules=only("c='red'")))
    of.send([message("a", c="red"), message("b", c="blue")])
    everything, red = of.subscriptions

    assert bodies(everything.peek(limit=9)) == ["a", "b"]
    assert bodies(red.peek(limit=9)) == ["a"]


def test_copies_are_settled_apart() -> None:
    of, _ = topic(SubscriptionConfig(name="a"), SubscriptionConfig(name="b"))
    of.send([message("x")])
    first, second = of.subscriptions
    first.abandon(taken(receiver(first)).lock_token, {"seen": 1})

    got = taken(receiver(second))
    assert (got.delivery_count, got.message.application_properties) == (0, {})
    second.dead_letter(got.lock_token)
    assert second.dead_letters.peek()[0].dead_letter_source == "t/Subscriptions/b"
    assert first.dead_letters.peek() == []


def test_scheduled_messages_wait_in_the_topic() -> None:
    of, clock = topic(SubscriptionConfig(name="s"))
    number, other = of.schedule([(message("x"), clock.now() + SECOND), (message("y"), clock.now() + SECOND)])
    of.cancel([other])
    [subscription] = of.subscriptions
    assert subscription.peek() == []
    assert of.bytes == 1
    clock.advance(1)

    assert bodies(subscription.peek(limit=9)) == ["x"]
    assert number == 1


def test_the_topics_time_to_live_is_the_most() -> None:
    of, clock = topic(SubscriptionConfig(name="s"), default_ttl=SECOND)
    of.send([message("x", ttl=60)])
    clock.advance(1)

    assert of.subscriptions[0].peek() == []


def test_duplicates_are_found_by_the_topic() -> None:
    of, _ = topic(SubscriptionConfig(name="s"), duplicate_window=SECOND)
    of.send([message("x", id_="1"), message("y", id_="1")])

    assert bodies(of.subscriptions[0].peek(limit=9)) == ["x"]


def test_the_quota_is_that_of_all_subscriptions() -> None:
    of, _ = topic(SubscriptionConfig(name="a"), SubscriptionConfig(name="b"), entity_bytes=5)
    of.send([message("xx")])

    with pytest.raises(QuotaExceeded, match="'t' holds 4 bytes"):
        of.send([message("xx")])


def test_a_message_without_the_session_that_is_needed_is_a_dead_letter() -> None:
    of, _ = topic(SubscriptionConfig(name="s", requires_session=True))
    of.send([message("x")])
    [subscription] = of.subscriptions
    [dead] = subscription.dead_letters.peek()

    assert dead.message.application_properties["DeadLetterReason"] == "Session ID is null."
    assert subscription.peek() == []


def test_nothing_is_sent_to_a_subscription() -> None:
    of, clock = topic(SubscriptionConfig(name="s"))
    [subscription] = of.subscriptions

    with pytest.raises(OperationNotAllowed, match="'t/Subscriptions/s' is a subscription; send to its topic"):
        subscription.send([message()])
    with pytest.raises(OperationNotAllowed):
        subscription.schedule([(message(), clock.now())])


def test_rules_change_what_comes_next() -> None:
    of, _ = topic(SubscriptionConfig(name="s"))
    subscription: Subscription = of.subscriptions[0]
    subscription.remove_rule("$Default")
    of.send([message("a")])
    subscription.add_rule(RuleConfig(name="b", filter=SqlFilter(expression="n=1")))
    of.send([message("b", n=1), message("c", n=2)])

    assert bodies(subscription.peek(limit=9)) == ["b"]
    assert [rule.name for rule in subscription.rules] == ["b"]
