"""From a sample to the schema of everything like it, in the words of Swagger 2, OpenAPI 3.0 or 3.1."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

INPUT, OUTPUT = "sample_input", "sample_output"
ANYTHING: Mapping[str, Any] = {"type": "object", "example": {}}
_BYTES = {"type": "string", "format": "binary"}
_SCALARS: tuple[tuple[type, Mapping[str, str]], ...] = (
    (bool, {"type": "boolean"}),
    (int, {"type": "integer", "format": "int64"}),
    (float, {"type": "number", "format": "double"}),
    (str, {"type": "string"}),
)
_NUMBER = dict(_SCALARS[2][1])

_NULL: Mapping[str, Mapping[str, Any]] = {
    "2": {"x-nullable": True},
    "3": {"nullable": True},
    "3.1": {"type": "null"},
}
_NO_EXAMPLE = "The sample has NaN, Infinity or a number that is too large for JSON, so it is not shown."

Schema = Mapping[str, Any]


def packaged_sample(folder: Path | None, name: str) -> bytes | None:
    """The sample of that name that was packaged into the app in `folder`; None without one."""
    if folder is None:
        return None
    files = [folder / f"{name}.json", folder / f"{name}.bin"]
    return next((file.read_bytes() for file in files if file.is_file()), None)


def schema_of(sample: bytes | None, version: str) -> Schema:
    """The schema with the sample as its example; that of bytes for what is not JSON, any object without a sample.

    A sample with NaN or Infinity, which only Python takes for JSON, is no example; the description says so.
    `version` is "2", "3" or "3.1".
    """
    if sample is None:
        return ANYTHING
    try:
        value = json.loads(sample)
    except ValueError:
        return _BYTES
    if not _can_be_written(value):
        return {**_inferred(value, version), "description": _NO_EXAMPLE}
    return {**_inferred(value, version), "example": value}


def _can_be_written(value: object) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


def _inferred(value: object, version: str) -> dict[str, Any]:
    if value is None:
        return dict(_NULL[version])
    if isinstance(value, Mapping):
        properties = {name: _inferred(each, version) for name, each in value.items()}
        return {"type": "object", "properties": properties, **({"required": sorted(value)} if value else {})}
    if isinstance(value, list):
        return {"type": "array", "items": _together([_inferred(each, version) for each in value], version)}
    return next(dict(schema) for kind, schema in _SCALARS if isinstance(value, kind))


def _together(schemas: Sequence[dict[str, Any]], version: str) -> dict[str, Any]:
    """One schema for all items of a list: both kinds of numbers are numbers, not every object has every property."""
    kinds: list[dict[str, Any]] = []
    for schema in schemas:
        same = next((at for at, known in enumerate(kinds) if _are_alike(known, schema)), None)
        if same is None:
            kinds.append(schema)
        else:
            kinds[same] = _merged(kinds[same], schema, version)
    if len(kinds) <= 1:
        return kinds[0] if kinds else {}
    # Version 2 has no word for "one of these".
    return {} if version == "2" else {"anyOf": kinds}


def _are_alike(one: Schema, other: Schema) -> bool:
    types = {one.get("type"), other.get("type")}
    return one == other or types == {"integer", "number"} or (len(types) == 1 and types <= {"object", "array"})


def _merged(one: dict[str, Any], other: dict[str, Any], version: str) -> dict[str, Any]:
    if one == other:
        return one
    if one["type"] == "array":
        return {"type": "array", "items": _together([each["items"] for each in (one, other) if each["items"]], version)}
    if one["type"] == "object":
        return _merged_objects(one, other, version)
    return _NUMBER


def _merged_objects(one: dict[str, Any], other: dict[str, Any], version: str) -> dict[str, Any]:
    names = {**one["properties"], **other["properties"]}
    each = {
        name: _together(
            [schema["properties"][name] for schema in (one, other) if name in schema["properties"]], version
        )
        for name in names
    }
    required = sorted({*one.get("required", ())} & {*other.get("required", ())})
    return {"type": "object", "properties": each, **({"required": required} if required else {})}
