"""What the doctor sees in Service Bus namespaces: are they there, with the queues and topics that the bindings name?"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from infra.contract import DeploymentSpec
from infra.doctor_finding import Finding, error, known_settings, ok, warning
from infra.targets.azure_connections import BUS_TYPES, bus_setting, is_given
from packager.waiting import waited_for
from triggers.connections import find_connection
from triggers.contract import Binding
from triggers.errors import ConnectionNotConfigured
from triggers.service_bus_connection import open_bus

_CHECK = "service_bus"
_SECONDS = 10.0
_WAY_OUT = "packager poison list APP shows them; packager poison replay APP sends them again."
_GONE = "MessagingEntityNotFoundError"


def see_bus(spec: DeploymentSpec) -> Iterator[Finding]:
    """Each queue, topic and subscription behind a setting that can be opened here."""
    bindings = [each for one in spec.image.functions for each in (one.trigger, *one.outputs)]
    used = [each for each in bindings if each.type.lower() in BUS_TYPES and is_given(spec, bus_setting(each))]
    settings = known_settings(spec)
    for setting in dict.fromkeys(map(bus_setting, used)):
        try:
            connection = find_connection(settings, setting, default=setting, wanted_by="the app")
        except ConnectionNotConfigured:
            yield warning(_CHECK, f"The value of {setting!r} is not known here, so that nothing was looked into.")
            continue
        if connection.section:
            yield ok(
                _CHECK, f"{setting!r} is opened by the app's own identity, which nobody has here: not looked into."
            )
            continue
        yield from waited_for(_all(settings, setting, [each for each in used if bus_setting(each) == setting]))


async def _all(settings: Mapping[str, str], setting: str, bindings: list[Binding]) -> list[Finding]:
    return [each async for each in _namespace(settings, setting, bindings)]


async def _namespace(settings: Mapping[str, str], setting: str, bindings: list[Binding]) -> AsyncIterator[Finding]:
    try:
        client = open_bus(settings, setting, wanted_by="the app")
    except ConnectionNotConfigured as refusal:
        yield error(_CHECK, str(refusal))
        return
    from azure.servicebus.exceptions import ServiceBusError

    async with client:
        for binding in bindings:
            name = _entity(binding)
            if "{" in name or "%" in name:
                continue
            try:
                async with asyncio.timeout(_SECONDS):
                    given_up = await _look(client, binding)
            except (ServiceBusError, TimeoutError) as failure:
                yield _failed(setting, name, failure)
                if type(failure).__name__ != _GONE:
                    return
                continue
            yield ok(_CHECK, f"{name} is there.")
            if given_up:
                yield warning(
                    "poison", f"There are messages that were given up in the dead letters of {name}.", _WAY_OUT
                )


async def _look(client: Any, binding: Binding) -> bool:
    """Are there dead letters? Looking at them takes no session, and nothing away."""
    from azure.servicebus import ServiceBusSubQueue

    queue, topic = binding.option("queueName"), binding.option("topicName")
    if not binding.is_trigger:
        async with client.get_queue_sender(queue) if queue else client.get_topic_sender(topic) as sender:
            await sender.create_message_batch()
        return False
    dead = ServiceBusSubQueue.DEAD_LETTER
    if queue:
        receiver = client.get_queue_receiver(queue, sub_queue=dead)
    else:
        receiver = client.get_subscription_receiver(topic, binding.option("subscriptionName"), sub_queue=dead)
    async with receiver:
        return bool(await receiver.peek_messages(1))


def _failed(setting: str, entity: str, failure: Exception) -> Finding:
    kind = type(failure).__name__
    if kind == _GONE:
        return error(_CHECK, f"The namespace of {setting!r} has no {entity}.", "Create it there; hosts never do.")
    return error(
        _CHECK,
        f"{setting!r} leads to no Service Bus namespace that answers: {kind}.",
        "Compare the connection string with the namespace's, and its firewall with where the app runs.",
    )


def _entity(binding: Binding) -> str:
    if queue := binding.option("queueName"):
        return f"queue {queue}"
    subscription = binding.option("subscriptionName")
    return f"topic {binding.option('topicName')}" + (f", subscription {subscription}" if subscription else "")
