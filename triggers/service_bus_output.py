"""Results are sent to a Service Bus queue or topic."""

from collections.abc import Mapping

from triggers.contract import BindingAdapter, BindingContext, OutputWriter
from triggers.paths import fill_text
from triggers.service_bus_answer import Cause, answers, cause_of
from triggers.service_bus_bus import Bus, Sender
from triggers.service_bus_connection import open_namespace
from triggers.service_bus_entity import Entity, check_entity_name, output_entity
from triggers.service_bus_settings import read_service_bus_settings

_TRIGGER = "servicebustrigger"


class ServiceBusWriter:
    """Sends the values of one output binding; one link is kept for each queue or topic it names."""

    def __init__(self, bus: Bus, name: str, *, is_topic: bool, label: str, answers_messages: bool) -> None:
        """`label` tells the function and its output from others; the name may have placeholders."""
        self._bus = bus
        self._name = name
        self._is_topic = is_topic
        self._label = label
        self._answers_messages = answers_messages
        self._senders: dict[str, Sender] = {}

    async def open(self) -> None:
        """Queues and topics are never made from here, and a link is opened by the first message."""

    async def write(self, value: object, metadata: Mapping[str, object]) -> None:
        """Return when the service has the messages.

        Raises InvalidOptions or InvalidPath for the entity's name, TypeError, MessageRefused, or SourceUnavailable.
        """
        cause = cause_of(metadata) if self._answers_messages else Cause()
        messages = answers(value, cause, self._label)
        if not messages:
            return
        await self._sender(check_entity_name(fill_text(self._name, metadata))).send(messages)

    async def close(self) -> None:
        for sender in self._senders.values():
            await sender.close()
        self._senders.clear()
        await self._bus.close()

    def _sender(self, name: str) -> Sender:
        if name not in self._senders:
            entity = Entity(name=name, is_topic=self._is_topic)
            self._senders[name] = self._bus.sender(entity)
        return self._senders[name]


def service_bus_writer(context: BindingContext) -> OutputWriter:
    """The writer of one `serviceBus` output; raises InvalidOptions or ConnectionNotConfigured."""
    output = context.binding
    name, is_topic = output_entity(output)
    settings = read_service_bus_settings(context.extension)
    wanted_by = f"the Service Bus output {output.name!r} to {name!r}"
    return ServiceBusWriter(
        open_namespace(context.settings, output.option("connection"), settings, wanted_by=wanted_by),
        name,
        is_topic=is_topic,
        label=f"{context.function}/{output.name}",
        answers_messages=context.trigger.lower() == _TRIGGER,
    )


binding = BindingAdapter(type="serviceBus", extension="serviceBus", writer=service_bus_writer)
