"""infra.emulators.service_bus.broker.config"""

import pytest

from infra.emulators.service_bus.broker.config import (
    NamespaceConfig,
    QueueConfig,
    RuleConfig,
    SubscriptionConfig,
    TopicConfig,
)
from infra.emulators.service_bus.broker.errors import InvalidBusConfig


def refused(**config) -> tuple[str, ...]:
    with pytest.raises(InvalidBusConfig) as raised:
        NamespaceConfig(**config)
    return raised.value.problems


def test_names_make_a_namespace() -> None:
    config = NamespaceConfig.of(queues=["in", "out"], topics={"news": ["mine", "yours"]})

    assert config.queues == (QueueConfig(name="in"), QueueConfig(name="out"))
    assert [each.name for each in config.topics[0].subscriptions] == ["mine", "yours"]
    assert config.topics[0].subscriptions[0].rules == (RuleConfig(),)


def test_names_are_unique_whatever_their_case() -> None:
    twice = SubscriptionConfig(name="s", rules=(RuleConfig(name="R"), RuleConfig(name="r")))
    problems = refused(
        queues=(QueueConfig(name="A"), QueueConfig(name="a")),
        topics=(TopicConfig(name="t", subscriptions=(twice, SubscriptionConfig(name="S"))),),
    )

    assert problems == (
        "'a' is the name of more than one queue or topic.",
        "'s' is the name of more than one subscription of 't'.",
        "'r' is the name of more than one rule of 's'.",
    )


def test_forwarding_to_nowhere_is_refused() -> None:
    assert refused(queues=(QueueConfig(name="a", forward_to="b"),)) == (
        "'a' forwards to 'b', and there is no queue or topic of that name.",
    )


def test_forwarding_in_a_circle_is_refused() -> None:
    back = SubscriptionConfig(name="s", forward_dead_letters_to="A")
    problems = refused(
        queues=(QueueConfig(name="a", forward_to="t"), QueueConfig(name="b", forward_to="a")),
        topics=(TopicConfig(name="t", subscriptions=(back,)),),
    )

    assert len(problems) == 2
    assert problems[0].startswith("Messages of 'a' would be forwarded in a circle")
    assert problems[1].startswith("Messages of 't' would be forwarded in a circle")
