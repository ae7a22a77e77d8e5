"""Links that clients send on: what comes goes to a queue or a topic."""

from collections.abc import Callable

from infra.emulators.service_bus.amqp.errors import AmqpError
from infra.emulators.service_bus.amqp.performatives import Accepted, Outcome
from infra.emulators.service_bus.broker.contract import Target
from infra.emulators.service_bus.message import BATCH_FORMAT, decode, split_batch
from infra.emulators.service_bus.translating import refusals_as_amqp


class EntitySink:
    """Hands messages, alone or in batches, to one entity."""

    def __init__(self, target: Target, *, max_message_bytes: int, touched: Callable[[], None]) -> None:
        self._target = target
        self._touched = touched
        self._largest = max_message_bytes

    def arrived(self, data: bytes, message_format: int) -> Outcome:
        """Accepted once the entity has it; an AmqpError otherwise, and then it has nothing of it."""
        if len(data) > self._largest:
            text = f"The message has {len(data)} bytes; the namespace takes at most {self._largest}."
            raise AmqpError("amqp:link:message-size-exceeded", text)
        messages = split_batch(data) if message_format == BATCH_FORMAT else [decode(data)]
        with refusals_as_amqp():
            self._target.send(messages)
        self._touched()
        return Accepted()
