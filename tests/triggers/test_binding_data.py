import pytest

from triggers.binding_data import json_properties


def test_top_level_properties_are_found_by_lower_case_names():
    assert json_properties(' {"Id": "7", "n": 1, "data": {"Url": "u"}, "list": [1]}') == {
        "id": "7", "n": 1, "data": {"Url": "u"},
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "plain", "[1]", "{broken", '"text"'])
def test_any_other_text_has_none(text):
    assert json_properties(text) == {}
