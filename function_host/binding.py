"""Between events and the values user code gets and returns, through azure.functions' own converters."""

import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

import azure.functions as func
from azure.functions.meta import Datum

from function_host import http_v2
from function_host.blob_stream import SpooledInputStream
from function_host.errors import BindingError
from triggers.contract import Binding, Event
from triggers.http_body import SpooledBody

Decode = Callable[[Event], object]
Encode = Callable[[object], object]

_BLOB = "blob"
_HTTP = "http"
_HTTP_TRIGGER = "httptrigger"
_DURABLE_CLIENT = "durableclient"
_PLAIN = (str, bytes)


def decoder(trigger: Binding, hint: Any) -> Decode:
    """How an event of `trigger` becomes the argument annotated with `hint`."""
    if trigger.type.lower() == _HTTP_TRIGGER:
        return http_v2.starlette_request if http_v2.wants_starlette(hint) else _http_request
    converter = _converter(trigger.type)
    if converter is None or (hint in _PLAIN and not has_implicit_output(trigger)):
        return _plain

    are_many = trigger.option("cardinality").lower() == "many"

    def decode(event: Event) -> object:
        is_collection = are_many and _is_bytes(event.data)
        encode = _array if is_collection else _datum
        metadata = {name: encode(value) for name, value in event.metadata.items()}
        try:
            if isinstance(event.data, SpooledBody):
                return SpooledInputStream(event.data, converter.decode(_datum(b""), trigger_metadata=metadata))
            if is_collection:
                return converter.decode(_collection(event.data, "collection_bytes"), trigger_metadata=metadata)
            if are_many and isinstance(event.data, list):
                return [converter.decode(_datum(one), trigger_metadata=metadata) for one in event.data]
            return converter.decode(_datum(event.data), trigger_metadata=metadata)
        except (ValueError, NotImplementedError, TypeError) as error:
            raise BindingError(
                f"Event {event.id} cannot become the {trigger.type} argument {trigger.name!r}: {error}"
            ) from error

    return decode


def encoder(output: Binding, function: str) -> Encode:
    """How a value returned for `output` becomes what its writer sends: text, bytes, JSON text, or a blob's file."""
    converter = _converter(output.type)
    if converter is None:
        return _encode_generic

    is_blob = output.type.lower() == _BLOB

    def encode(value: object) -> object:
        # The writer reads a file piece by piece, where the converter would take it whole.
        if is_blob and callable(getattr(value, "read", None)):
            return value
        try:
            return cast("Datum", converter.encode(value, expected_type=None)).value
        except (NotImplementedError, TypeError) as error:
            raise BindingError(
                f"Function {function!r} gave a {type(value).__name__} to its {output.type} output "
                f"{output.name!r}, which does not take that type."
            ) from error

    return encode


def takes(source: Binding, kind: Any) -> bool:
    """May the argument of an input be annotated with `kind`? What is no class is not looked into."""
    if kind in _PLAIN:
        return True
    if source.type.lower() == _HTTP_TRIGGER and http_v2.wants_starlette(kind):
        return True
    converter = _converter(source.type)
    try:
        return issubclass(kind, _PLAIN) if converter is None else bool(converter.check_input_type_annotation(kind))
    except TypeError:
        return True


def has_implicit_output(binding: Binding) -> bool:
    """May a function with this binding return a value that nobody takes?"""
    converter = _converter(binding.type)
    return binding.type.lower() != _DURABLE_CLIENT if converter is None else _implicit(converter)


def is_http(output: Binding) -> bool:
    """Does this output go back as the answer to the request rather than to a writer?"""
    return output.type.lower() == _HTTP


def _converter(binding_type: str) -> Any:
    registry: Any = func.get_binding_registry()  # type: ignore[no-untyped-call]  # because the library has no types
    return registry.get(binding_type)


def _implicit(converter: Any) -> bool:
    return hasattr(converter, "has_implicit_output") and bool(converter.has_implicit_output())


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
    """As it came; what is JSON comes as its text, as Azure hands it over, and many bodies as an array of texts."""
    if _is_bytes(event.data):
        return json.dumps([one.decode(errors="replace") for one in cast("list[bytes]", event.data)])
    return _datum(event.data.read() if isinstance(event.data, SpooledBody) else event.data).value


def _encode_generic(value: object) -> object:
    return value if isinstance(value, str | bytes | bytearray) else json.dumps(value)


def _datum(value: object) -> Datum:
    if isinstance(value, str):
        return Datum(value, "string")
    if isinstance(value, bytes):
        return Datum(value, "bytes")
    return Datum(None, None) if value is None else Datum(json.dumps(value, default=str), "json")


def _is_bytes(value: object) -> bool:
    """Bodies of several messages that came as one event."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, bytes) for one in value)


def _array(value: object) -> Datum:
    """One property of many messages: as a collection, because the converter reads JSON anew for each element."""
    if isinstance(value, list) and not any(isinstance(one, dict) for one in value):
        numbers = all(isinstance(one, int) for one in value)
        return _collection(value, "collection_sint64" if numbers else "collection_string")
    return _datum(value)


def _collection(values: object, kind: str) -> Datum:
    return Datum(SimpleNamespace(bytes=values, string=values, sint64=values), kind)
