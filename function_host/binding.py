"""Between events and the values user code gets and returns, through azure.functions' own converters."""

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

import azure.functions as func
from azure.functions.meta import Datum

from function_host.errors import BindingError
from triggers.contract import Binding, Event
from triggers.http_body import SpooledBody

Decode = Callable[[Event], object]
Encode = Callable[[object], object]

_HTTP = "http"


def decoder(trigger: Binding, hint: Any) -> Decode:
    """How an event of `trigger` becomes the argument annotated with `hint`."""
    if trigger.type.lower() == "httptrigger":
        return _http_request
    converter = _converter(trigger.type)
    if converter is None or hint in (str, bytes):
        return _plain

    def decode(event: Event) -> object:
        metadata = {name: _datum(value) for name, value in event.metadata.items()}
        try:
            return converter.decode(_datum(event.data), trigger_metadata=metadata)
        except (ValueError, NotImplementedError, TypeError) as error:
            raise BindingError(
                f"Event {event.id} cannot become the {trigger.type} argument {trigger.name!r}: {error}"
            ) from error

    return decode


def encoder(output: Binding, function: str) -> Encode:
    """How a value returned for `output` becomes what its writer sends: text, bytes or JSON text."""
    converter = _converter(output.type)
    if converter is None:
        return _encode_generic

    def encode(value: object) -> object:
        try:
            return cast("Datum", converter.encode(value, expected_type=None)).value
        except (NotImplementedError, TypeError) as error:
            raise BindingError(
                f"Function {function!r} gave a {type(value).__name__} to its {output.type} output "
                f"{output.name!r}, which does not take that type."
            ) from error

    return encode


def is_http(output: Binding) -> bool:
    """Does this output go back as the answer to the request rather than to a writer?"""
    return output.type.lower() == _HTTP


def _converter(binding_type: str) -> Any:
    registry: Any = func.get_binding_registry()  # type: ignore[no-untyped-call]  # because the library has no types
    return registry.get(binding_type)


def _http_request(event: Event) -> func.HttpRequest:
    metadata = event.metadata
    kind = _SpooledRequest if isinstance(event.data, SpooledBody) else func.HttpRequest
    return kind(
        method=cast("str", metadata["method"]),
        url=cast("str", metadata["url"]),
        headers=cast("Mapping[str, str]", metadata["headers"]),
        params=cast("Mapping[str, str]", metadata["params"]),
        route_params=cast("Mapping[str, str]", metadata["route_params"]),
        body=cast("bytes", event.data),
    )


class _SpooledRequest(func.HttpRequest):
    """A request whose large body is read from disk when the function asks for it."""

    def get_body(self) -> bytes:
        body = super().get_body()
        return body.read() if isinstance(body, SpooledBody) else body

    def get_json(self) -> Any:
        return json.loads(self.get_body())


def _plain(event: Event) -> object:
    return event.data


def _encode_generic(value: object) -> object:
    return value if isinstance(value, str | bytes | bytearray) else json.dumps(value)


def _datum(value: object) -> Datum:
    if isinstance(value, str):
        return Datum(value, "string")
    if isinstance(value, bytes):
        return Datum(value, "bytes")
    return Datum(None, None) if value is None else Datum(json.dumps(value, default=str), "json")
