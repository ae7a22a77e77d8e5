"""Where messages are: a queue, or a topic and one of its subscriptions."""

import re
from dataclasses import dataclass

from triggers.contract import Binding
from triggers.errors import InvalidOptions

_DEAD_LETTER = "/$deadletterqueue"
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/~-]*[A-Za-z0-9_])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One entity of a namespace, as the client asks for it."""

    name: str
    """Of the queue or topic."""
    subscription: str = ""
    is_topic: bool = False
    is_dead_letter: bool = False
    """Is it the dead-letter queue of that queue or subscription?"""

    def __str__(self) -> str:
        of = "the dead-letter queue of " if self.is_dead_letter else ""
        if self.subscription:
            return f"{of}subscription {self.subscription!r} of topic {self.name!r}"
        return f"{of}{'topic' if self.is_topic else 'queue'} {self.name!r}"


def trigger_entity(binding: Binding) -> Entity:
    """What a serviceBusTrigger listens at; raises InvalidOptions."""
    queue, topic = binding.option("queueName"), binding.option("topicName")
    subscription = binding.option("subscriptionName")
    if bool(queue) == bool(topic) or bool(topic) != bool(subscription):
        raise InvalidOptions(
            f"The Service Bus trigger {binding.name!r} must have a queueName, or a topicName with a subscriptionName."
        )
    name, last = queue or topic, queue or subscription
    is_dead_letter = last.lower().endswith(_DEAD_LETTER)
    last = last[: -len(_DEAD_LETTER)] if is_dead_letter else last
    return Entity(
        name=check_entity_name(last if queue else name),
        subscription=check_entity_name(last) if subscription else "",
        is_topic=bool(topic),
        is_dead_letter=is_dead_letter,
    )


def output_entity(binding: Binding) -> tuple[str, bool]:
    """The queue or topic of a serviceBus output, perhaps with placeholders, and if it is a topic.

    Raises InvalidOptions.
    """
    queue, topic = binding.option("queueName"), binding.option("topicName")
    if bool(queue) == bool(topic):
        raise InvalidOptions(f"The Service Bus output {binding.name!r} must have a queueName or a topicName.")
    if "{" not in (queue or topic):
        check_entity_name(queue or topic)
    return queue or topic, bool(topic)


def check_entity_name(name: str) -> str:
    """The name; raises InvalidOptions unless Service Bus would take it."""
    if len(name) > 260 or not _NAME.fullmatch(name):
        raise InvalidOptions(
            f"{name!r} is no name of a Service Bus queue, topic or subscription: it has up to 260 letters, digits, "
            "periods, hyphens, underscores and slashes, and begins with a letter or digit."
        )
    return name
