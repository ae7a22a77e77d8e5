import inspect

import azure.functions as func
import pytest

from function_host.scoring.errors import BadInput, UndecodableInput, UnsupportedInput
from function_host.scoring.inputs import ObjectInput, RawInput, TextInput, has_schema, input_of
from function_host.scoring.raw_request import from_event, from_request


def plain(data, other="default"):
    return data, other


PARAMETERS = list(inspect.signature(plain).parameters.values())
OBJECT = ObjectInput(PARAMETERS)


def arrival(body=b"", *, method="POST", query="", content_type="application/json"):
    headers = {"content-type": content_type}
    return from_request(func.HttpRequest(method, f"http://host/score{query}", headers=headers, body=body))


def test_text_is_the_body_or_the_query():
    assert TextInput("x").arguments(arrival("ä".encode())) == {"x": "ä"}
    assert TextInput("x").arguments(arrival(method="GET", query="?a=1")) == {"x": '{"a": 1}'}
    with pytest.raises(UndecodableInput):
        TextInput("x").arguments(arrival(b"\xff"))


def test_raw_is_the_request():
    assert RawInput("request").arguments(arrival(b"x"))["request"].data == b"x"


def test_values_are_taken_by_name_and_others_left():
    assert OBJECT.arguments(arrival(b'{"data": [1], "more": 2}')) == {"data": [1], "other": "default"}
    assert OBJECT.arguments(arrival(method="GET", query="?data=[1]&other=x")) == {"data": [1], "other": "x"}


def test_an_event_needs_no_content_type():
    assert OBJECT.arguments(from_event(b'{"data": 1}', {}))["data"] == 1


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "POST body is empty"),
        (b"{", "could not be decoded as JSON"),
        (b"\xff", "could not be decoded as JSON"),
        (b"[]", "should be a JSON dictionary"),
        (b"{}", "A value is not provided for the 'data' parameter"),
    ],
)
def test_what_is_no_object_with_the_values_is_refused(body, sentence):
    with pytest.raises(BadInput, match=sentence):
        OBJECT.arguments(arrival(body))


@pytest.mark.parametrize("content_type", ["", "text/plain", "text/json"])
def test_another_type_is_refused(content_type):
    with pytest.raises(UnsupportedInput):
        OBJECT.arguments(arrival(b'{"data": 1}', content_type=content_type))


def test_the_form_is_that_of_the_decorators():
    from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
    from inference_schema.schema_decorators import input_schema

    @input_schema("data", StandardPythonParameterType({"a": 1}))
    def decorated(data):
        return data

    assert has_schema(decorated)
    assert not has_schema(plain)
    assert input_of(decorated, PARAMETERS[:1], is_raw=False) == ObjectInput(tuple(PARAMETERS[:1]))
    assert input_of(plain, PARAMETERS, is_raw=False) == TextInput("data")
    assert input_of(plain, PARAMETERS, is_raw=True) == RawInput("data")
