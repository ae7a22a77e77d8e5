"""The three forms of run(): it takes the body as text, the values of a JSON object by name, or the request itself."""

import inspect
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from function_host.scoring.errors import BadInput, UnsupportedInput
from function_host.scoring.payload import query_values, text
from function_host.scoring.raw_request import Arrival, raw_request

SCHEMAS = "inference_schema.schema_util"


class Input(Protocol):
    """From what arrived to run()'s arguments, by name."""

    @property
    def methods(self) -> Sequence[str]:
        """The HTTP methods that call run()."""
        ...

    def arguments(self, arrival: Arrival) -> dict[str, Any]:
        """Raises BadInput."""
        ...


@dataclass(frozen=True, slots=True)
class TextInput:
    """The body as text; of a GET request the query, as JSON."""

    parameter: str
    methods = ("GET", "POST")

    def arguments(self, arrival: Arrival) -> dict[str, Any]:
        if arrival.method == "GET":
            return {self.parameter: json.dumps(query_values(arrival.query))}
        return {self.parameter: text(arrival.whole_body())}


@dataclass(frozen=True, slots=True)
class RawInput:
    """The request itself."""

    parameter: str
    methods = ("GET", "HEAD", "POST", "OPTIONS")

    def arguments(self, arrival: Arrival) -> dict[str, Any]:
        return {self.parameter: raw_request(arrival)}


@dataclass(frozen=True, slots=True)
class ObjectInput:
    """The values of a JSON object, or of a GET request's query, for a run() decorated with @input_schema."""

    parameters: Sequence[inspect.Parameter]
    methods = ("GET", "POST")

    def arguments(self, arrival: Arrival) -> dict[str, Any]:
        values = query_values(arrival.query) if arrival.method == "GET" else _json_object(arrival)
        return {each.name: _value(each, values) for each in self.parameters}


def input_of(run: Callable[..., Any], parameters: Sequence[inspect.Parameter], *, is_raw: bool) -> Input:
    """The form of `run`, whose first parameter is for the data."""
    if is_raw:
        return RawInput(parameters[0].name)
    return ObjectInput(tuple(parameters)) if has_schema(run) else TextInput(parameters[0].name)


def has_schema(run: Callable[..., Any]) -> bool:
    """Is `run` decorated with @input_schema or @output_schema? A script that is has imported the package."""
    schemas = sys.modules.get(SCHEMAS)
    return schemas is not None and bool(schemas.is_schema_decorated(run))


def forget_schemas(module: str) -> None:
    """Let a script of that name be imported again: its functions' schemas are kept by name, and refused twice."""
    schemas = sys.modules.get(SCHEMAS)
    for table in (getattr(schemas, "__functions_schema__", {}), getattr(schemas, "__versions__", {})):
        for name in [name for name in table if name.startswith(f"{module}.")]:
            del table[name]


def _json_object(arrival: Arrival) -> Mapping[str, Any]:
    if not arrival.is_event and not _is_json(arrival.headers.get("content-type", "")):
        raise UnsupportedInput("Expects Content-Type to be application/json")
    body = arrival.whole_body()
    if not body:
        raise BadInput("POST body is empty. Expecting a JSON dictionary.")
    try:
        values = json.loads(body)
    except ValueError as error:
        raise BadInput(f"POST body could not be decoded as JSON: {error}") from error
    if not isinstance(values, dict):
        raise BadInput("POST body should be a JSON dictionary.")
    return values


def _is_json(content_type: str) -> bool:
    mimetype = content_type.partition(";")[0].strip().lower()
    return mimetype == "application/json" or (mimetype.startswith("application/") and mimetype.endswith("+json"))


def _value(parameter: inspect.Parameter, values: Mapping[str, Any]) -> Any:
    value = values.get(parameter.name, parameter.default)
    if value is inspect.Parameter.empty:
        raise BadInput(f"A value is not provided for the {parameter.name!r} parameter.")
    return value
