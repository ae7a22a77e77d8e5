import json

import pytest

from function_host.scoring.sample_schema import ANYTHING, packaged_sample, schema_of

INTEGER = {"type": "integer", "format": "int64"}
NUMBER = {"type": "number", "format": "double"}
TEXT = {"type": "string"}


def inferred(value: object, version: str = "3") -> dict:
    """Without the example, which is the value itself."""
    schema = dict(schema_of(json.dumps(value).encode(), version))
    assert schema.pop("example") == value
    return schema


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (1, INTEGER),
        (1.5, NUMBER),
        (True, {"type": "boolean"}),
        ("a", TEXT),
        ([], {"type": "array", "items": {}}),
        ([1, 2], {"type": "array", "items": INTEGER}),
        ([1, 2.5], {"type": "array", "items": NUMBER}),
        ([[1], [2.5]], {"type": "array", "items": {"type": "array", "items": NUMBER}}),
        ([[], ["a"]], {"type": "array", "items": {"type": "array", "items": TEXT}}),
        ({}, {"type": "object", "properties": {}}),
        (
            {"b": 1, "a": "x"},
            {"type": "object", "properties": {"b": INTEGER, "a": TEXT}, "required": ["a", "b"]},
        ),
        (
            [{"a": 1}, {"a": 2.5, "b": "x"}],
            {
                "type": "array",
                "items": {"type": "object", "properties": {"a": NUMBER, "b": TEXT}, "required": ["a"]},
            },
        ),
    ],
)
def test_types_follow_from_values(value, schema):
    assert inferred(value) == schema


@pytest.mark.parametrize(
    ("version", "schema"), [("2", {"x-nullable": True}), ("3", {"nullable": True}), ("3.1", {"type": "null"})]
)
def test_each_version_has_its_own_word_for_nothing(version, schema):
    assert inferred(None, version) == schema


def test_a_list_of_several_kinds():
    assert inferred([1, "a"])["items"] == {"anyOf": [INTEGER, TEXT]}
    assert inferred([1, "a"], "2")["items"] == {}


def test_without_a_sample_anything_goes_and_bytes_are_bytes():
    assert schema_of(None, "2") is ANYTHING
    assert schema_of(b"\xff\xd8", "3") == {"type": "string", "format": "binary"}


def test_the_packaged_sample(tmp_path):
    assert packaged_sample(None, "sample_input") is None
    assert packaged_sample(tmp_path, "sample_input") is None
    (tmp_path / "sample_input.bin").write_bytes(b"\xff")
    assert packaged_sample(tmp_path, "sample_input") == b"\xff"


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1e999"])
def test_a_sample_that_is_no_json_is_not_shown(text: str) -> None:
    schema = schema_of(f'{{"a": [1.5, {text}]}}'.encode(), "3")

    assert "example" not in schema
    assert "NaN, Infinity or a number that is too large" in schema["description"]
    assert schema["properties"] == {"a": {"type": "array", "items": NUMBER}}
    json.dumps(schema, allow_nan=False)
