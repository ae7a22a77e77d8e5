"""Which queues, topics and connections of Service Bus an app's functions name, as a namespace for its local run."""

from collections.abc import Iterable, Mapping, Sequence

from infra.app_run import RunningFunction
from triggers import Binding

TYPES = ("servicebustrigger", "servicebus")
DEFAULT_SETTING = "AzureWebJobsServiceBus"
"""The setting that a binding means which names none."""

DEAD_LETTERS = "/$DeadLetterQueue/"
"""Stands in the name of every message that was given up, and in that of no blob."""

_NAMESPACE = "sbemulatorns"
# Azure's default; that of Microsoft's emulator, 3, would give up sooner than the cloud does.
_MAX_DELIVERIES = 10


def bus_bindings(functions: Iterable[RunningFunction]) -> list[Binding]:
    """Every trigger and output at a queue or topic."""
    return [binding for one in functions for binding in one.bindings if binding.type.lower() in TYPES]


def bus_functions(functions: Iterable[RunningFunction]) -> list[RunningFunction]:
    """Those that messages fire."""
    return [one for one in functions if one.trigger.type.lower() == TYPES[0]]


def connection_settings(bindings: Iterable[Binding]) -> Sequence[str]:
    """The app settings that hold their connections."""
    return sorted({binding.option("connection", DEFAULT_SETTING) for binding in bindings})


def takes_sessions(trigger: Binding) -> bool:
    """Does it take one session after the other?"""
    return trigger.option("isSessionsEnabled").lower() == "true"


def entity(binding: Binding) -> str:
    """The queue, topic or subscription, as people write it."""
    if queue := binding.option("queueName"):
        return f"queue {queue}"
    subscription = binding.option("subscriptionName")
    topic = f"topic {binding.option('topicName')}"
    return f"{topic}, subscription {subscription}" if subscription else topic


def namespace_of(bindings: Iterable[Binding]) -> Mapping[str, object]:
    """The Config.json of a namespace that has the entities of these bindings; raises nothing.

    Queues and subscriptions whose trigger takes sessions require them. A topic that is only written to gets the
    subscription `all`, so that what is sent there can be seen. Names that depend on the event are left out.
    """
    queues: dict[str, bool] = {}
    topics: dict[str, dict[str, bool]] = {}
    for binding in bindings:
        if "{" in entity(binding):
            continue
        has_sessions = binding.is_trigger and takes_sessions(binding)
        if queue := binding.option("queueName"):
            queues[queue] = queues.get(queue, False) or has_sessions
        elif topic := binding.option("topicName"):
            subscriptions = topics.setdefault(topic, {})
            if subscription := binding.option("subscriptionName"):
                subscriptions[subscription] = subscriptions.get(subscription, False) or has_sessions
    return {
        "UserConfig": {
            "Namespaces": [
                {
                    "Name": _NAMESPACE,
                    "Queues": [_entity(name, has_sessions) for name, has_sessions in queues.items()],
                    "Topics": [_topic(name, subscriptions) for name, subscriptions in topics.items()],
                }
            ],
            "Logging": {"Type": "Console"},
        }
    }


def _topic(name: str, subscriptions: Mapping[str, bool]) -> Mapping[str, object]:
    return {
        "Name": name,
        "Properties": {},
        "Subscriptions": [_entity(one, sessions) for one, sessions in (subscriptions or {"all": False}).items()],
    }


def _entity(name: str, has_sessions: bool) -> Mapping[str, object]:
    return {"Name": name, "Properties": {"MaxDeliveryCount": _MAX_DELIVERIES, "RequiresSession": has_sessions}}
