import pytest

from triggers.contract import Binding
from triggers.errors import InvalidOptions
from triggers.service_bus_entity import Entity, check_entity_name, output_entity, trigger_entity


def binding(**options: str) -> Binding:
    return Binding(type="serviceBusTrigger", name="m", direction="IN", options=options)


@pytest.mark.parametrize(
    ("options", "entity", "told"),
    [
        ({"queueName": "q"}, Entity(name="q"), "queue 'q'"),
        (
            {"queueName": "q/$DeadLetterQueue"},
            Entity(name="q", is_dead_letter=True),
            "the dead-letter queue of queue 'q'",
        ),
        (
            {"topicName": "t", "subscriptionName": "s"},
            Entity(name="t", subscription="s", is_topic=True),
            "subscription 's' of topic 't'",
        ),
        (
            {"topicName": "t", "subscriptionName": "s/$deadletterqueue"},
            Entity(name="t", subscription="s", is_topic=True, is_dead_letter=True),
            "the dead-letter queue of subscription 's' of topic 't'",
        ),
    ],
)
def test_what_a_trigger_listens_at(options, entity, told):
    assert trigger_entity(binding(**options)) == entity
    assert str(entity) == told


@pytest.mark.parametrize(
    "options",
    [{}, {"queueName": "q", "topicName": "t"}, {"topicName": "t"}, {"queueName": "q", "subscriptionName": "s"}],
)
def test_a_trigger_names_one_entity(options):
    with pytest.raises(InvalidOptions, match="must have a queueName, or a topicName with a subscriptionName"):
        trigger_entity(binding(**options))


def test_an_output_names_a_queue_or_a_topic():
    assert output_entity(binding(queueName="q")) == ("q", False)
    assert output_entity(binding(topicName="for-{name}")) == ("for-{name}", True)
    assert str(Entity(name="t", is_topic=True)) == "topic 't'"
    with pytest.raises(InvalidOptions, match="must have a queueName or a topicName"):
        output_entity(binding())
    with pytest.raises(InvalidOptions, match="'a b' is no name"):
        output_entity(binding(queueName="a b"))


@pytest.mark.parametrize("name", ["", "-a", "a?", "a" * 261])
def test_names_that_service_bus_does_not_take(name):
    with pytest.raises(InvalidOptions):
        check_entity_name(name)
    assert check_entity_name("Team/Orders-1") == "Team/Orders-1"
