"""What a request to a management node asks for: its fields, read with care."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from infra.emulators.service_bus.amqp.errors import AmqpError
from infra.emulators.service_bus.amqp.types import Array, Timestamp
from infra.emulators.service_bus.message import Message, value_of

INVALID = "com.microsoft:argument-error"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Request:
    """One request; every reader raises AmqpError for a field that is missing or of another type."""

    operation: str
    fields: Mapping[object, object]
    link_name: str | None

    @classmethod
    def of(cls, message: Message) -> "Request":
        body = value_of(message)
        about = message.application_properties
        operation = about.get("operation")
        if not isinstance(operation, str) or not isinstance(body, dict):
            raise AmqpError(INVALID, "A request needs the application property `operation` and a map as its body.")
        name = about.get("associated-link-name")
        return cls(operation, body, name if isinstance(name, str) else None)

    def optional(self, name: str, kind: type[_T]) -> _T | None:
        value = self.fields.get(name)
        if value is not None and not isinstance(value, kind):
            raise AmqpError(INVALID, f"{self.operation}: `{name}` is {value!r}, no {kind.__name__}.")
        return value

    def get(self, name: str, kind: type[_T]) -> _T:
        value = self.optional(name, kind)
        if value is None:
            raise AmqpError(INVALID, f"{self.operation}: `{name}` is missing.")
        return value

    def many(self, name: str, kind: type[_T]) -> list[_T]:
        """The items of a list or an array."""
        value = self.fields.get(name)
        items = value.items if isinstance(value, Array) else value
        if not isinstance(items, list | tuple) or not all(isinstance(item, kind) for item in items):
            raise AmqpError(INVALID, f"{self.operation}: `{name}` is {value!r}, no list of {kind.__name__}.")
        return list(items)

    def lock_tokens(self) -> list[uuid.UUID]:
        return self.many("lock-tokens", uuid.UUID)

    def sequence_numbers(self) -> list[int]:
        return self.many("sequence-numbers", int)

    def moment(self, name: str) -> Timestamp | None:
        return self.optional(name, Timestamp)
