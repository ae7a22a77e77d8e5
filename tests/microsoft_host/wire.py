"""Messages between Microsoft's host and its Python worker, as far as the worker's own code looks at them.

The worker is handed the module of these messages by whoever starts it, so plain objects do.
"""

from collections.abc import Mapping
from typing import Any

_ONE_OF = {
    "data": ("string", "json", "bytes", "stream", "http", "int", "double", "collection_string"),
    "rpc_data": ("data",),
}


class Message:
    """A message: fields by keyword, None where one is not set."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> Any:
        # Messages have fields; names of messages are in the module.
        if name.startswith("__") or name[0].isupper():
            raise AttributeError(name)
        return None

    def WhichOneof(self, group: str) -> str | None:  # noqa: N802 - protobuf's name
        """The field that is set of a group."""
        return next((name for name in _ONE_OF[group] if getattr(self, name) is not None), None)


class BindingInfo(Message):
    """One binding of a function, with the numbers of protobuf's enumerations."""

    out, inout = 1, 2
    undefined, string, binary, stream = 0, 1, 2, 3


class StatusResult(Message):
    """How a request ended."""

    Failure, Success = 0, 1


class Protos:
    """Stands for the generated module."""

    BindingInfo, StatusResult = BindingInfo, StatusResult

    def __getattr__(self, name: str) -> type[Message]:
        return type(name, (Message,), {})


def request(body: Message, **properties: Any) -> Message:
    """What the proxy in front of the worker passes on."""
    return Message(request=body, properties=properties)


def http_data(method: str, url: str, body: bytes) -> Message:
    """An HTTP request as typed data."""
    headers = {"content-type": "application/json"}
    content = Message(bytes=body) if body else Message()
    return Message(http=Message(method=method, url=url, headers=headers, params={}, query={}, body=content))


def typed(values: Mapping[str, str]) -> dict[str, Message]:
    """Trigger metadata, each value as JSON."""
    return {name: Message(json=value) for name, value in values.items()}
