import pytest

from function_host.scoring.errors import UndecodableInput
from function_host.scoring.payload import header_dict, json_text, query_values, text


def test_bytes_that_are_no_utf8_are_refused_with_the_place():
    with pytest.raises(UndecodableInput, match="position 1"):
        text(b"a\xff")


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("", {}),
        ("a=1&b=[1,2]&c=x&d=null", {"a": 1, "b": [1, 2], "c": "x", "d": None}),
        ("a=1&a=2&a=x", {"a": [1, 2, "x"]}),
        ("a=[1]&a=2", {"a": [[1], 2]}),
        ("a=", {"a": ""}),
    ],
)
def test_a_query_becomes_values(query, read):
    assert query_values(query) == read


@pytest.mark.parametrize(
    ("result", "sent"),
    [
        (None, "{}"),
        (7, "7"),
        ((1, 2), "[1, 2]"),
        ("hello", '"hello"'),
        ('{"a":1}', '"{\\"a\\":1}"'),
        ("é", '"\\u00e9"'),
    ],
)
def test_answers_are_ascii_json(result, sent):
    assert json_text(result) == sent


@pytest.mark.parametrize("result", [b"x", {1, 2}, object()])
def test_what_is_not_json_is_refused(result):
    with pytest.raises(TypeError):
        json_text(result)


def test_header_names_are_spelt_as_scripts_know_them():
    assert header_dict({"content-type": "a", "x-y": "b"}) == {"Content-Type": "a", "X-Y": "b"}


def test_a_coroutine_is_refused_without_a_warning():
    async def later():
        pass

    with pytest.raises(TypeError):
        json_text(later())
