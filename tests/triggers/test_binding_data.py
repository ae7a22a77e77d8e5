import pytest

from triggers.binding_data import json_properties, request_values


def test_top_level_properties_are_found_by_lower_case_names():
    assert json_properties(' {"Id": "7", "n": 1, "data": {"Url": "u"}, "list": [1]}') == {
        "id": "7", "n": 1, "data": {"Url": "u"},
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "plain", "[1]", "{broken", '"text"'])
def test_any_other_text_has_none(text):
    assert json_properties(text) == {}


def test_a_request_gives_its_route_before_its_query_and_its_body():
    metadata = {
        "params": {"Id": "query", "page": "2", "code": "secret"},
        "route_params": {"id": "route"},
        "headers": {"x-tenant": "t"},
    }
    values = request_values(metadata, b'{"ID": "body", "page": 1, "Only": true}')
    assert {name: values[name] for name in ("id", "page", "only")} == {"id": "route", "page": "2", "only": True}
    assert values["query"] == metadata["params"]
    assert values["headers"] == {"x-tenant": "t"}
    assert "code" not in values


def test_a_body_on_disk_is_not_looked_into():
    assert request_values({"params": {}, "route_params": {}, "headers": {}}, object()) == {"query": {}, "headers": {}}
