import azure.functions as func
import pytest

from function_host.binding import decoder, encoder, has_implicit_output, is_http, takes
from function_host.errors import BindingError
from triggers.contract import Binding, Event


def _trigger(kind: str) -> Binding:
    return Binding(type=kind, name="arg", direction="IN")


def test_a_blob_event_becomes_an_input_stream():
    event = Event(
        id="1",
        data=b"\xff\x00",
        metadata={
            "BlobTrigger": "in/a.json",
            "Uri": "http://host/in/a.json",
            "Properties": {"ContentLength": 2},
            "Metadata": {"k": "v"},
            "name": "a",
        },
    )
    stream = decoder(_trigger("blobTrigger"), func.InputStream)(event)
    assert isinstance(stream, func.InputStream)
    assert (stream.read(), stream.name, stream.length, stream.uri, stream.metadata) == (
        b"\xff\x00", "in/a.json", 2, "http://host/in/a.json", {"k": "v"},
    )  # fmt: skip


@pytest.mark.parametrize("hint", [bytes, str])
def test_a_plain_annotation_gets_the_data_as_it_came(hint):
    assert decoder(_trigger("blobTrigger"), hint)(Event(id="1", data=b"x")) == b"x"


@pytest.mark.parametrize(
    ("kind", "hint"),
    [("pigeonTrigger", None), ("pigeonTrigger", str), ("eventGridTrigger", str), ("timerTrigger", bytes)],
)
def test_a_plain_annotation_and_an_unknown_type_get_json_as_its_text(kind, hint):
    assert decoder(_trigger(kind), hint)(Event(id="1", data={"a": 1})) == '{"a": 1}'


@pytest.mark.parametrize(
    ("kind", "hint", "is_taken"),
    [
        ("queueTrigger", str, True), ("queueTrigger", func.QueueMessage, True), ("queueTrigger", dict, False),
        ("pigeonTrigger", bytes, True), ("pigeonTrigger", dict, False), ("blobTrigger", "no class", True),
        ("httpTrigger", func.HttpRequest, True), ("httpTrigger", dict, False),
    ],
)  # fmt: skip
def test_annotations_that_fit_a_binding(kind, hint, is_taken):
    assert takes(_trigger(kind), hint) is is_taken


@pytest.mark.parametrize(
    ("kind", "implicit"),
    [("pigeon", True), ("durableClient", False), ("queueTrigger", False), ("activityTrigger", True)],
)
def test_bindings_that_let_a_function_return_what_nobody_takes(kind, implicit):
    assert has_implicit_output(_trigger(kind)) is implicit


def test_an_http_event_becomes_a_request():
    metadata = {
        "method": "POST",
        "url": "http://h/x?a=1",
        "headers": {"a": "b"},
        "params": {"a": "1"},
        "route_params": {"id": "5"},
    }
    request = decoder(_trigger("httpTrigger"), func.HttpRequest)(Event(id="1", data=b"body", metadata=metadata))
    assert (request.method, request.params["a"], request.route_params["id"]) == ("POST", "1", "5")
    assert request.get_body() == b"body"


def test_data_of_the_wrong_kind_is_told_with_event_and_argument():
    with pytest.raises(BindingError, match="Event e7 cannot become the blobTrigger argument 'arg'"):
        decoder(_trigger("blobTrigger"), func.InputStream)(Event(id="e7", data={"a": 1}, metadata={"x": "y"}))


@pytest.mark.parametrize(("value", "sent"), [("text", "text"), (b"bytes", b"bytes"), (bytearray(b"x"), b"x")])
def test_blob_outputs_take_text_and_bytes(value, sent):
    assert encoder(Binding(type="blob", name="$return", direction="OUT"), "f")(value) == sent


def test_what_an_output_does_not_take_is_told_with_function_and_type():
    with pytest.raises(BindingError, match=r"Function 'f' gave a dict to its blob output '\$return'"):
        encoder(Binding(type="blob", name="$return", direction="OUT"), "f")({"a": 1})


def test_unknown_outputs_get_json():
    assert encoder(Binding(type="pigeon", name="p", direction="OUT"), "f")({"a": 1}) == '{"a": 1}'


@pytest.mark.parametrize(("kind", "http"), [("http", True), ("HTTP", True), ("blob", False)])
def test_http_answers_need_no_writer(kind, http):
    assert is_http(Binding(type=kind, name="$return", direction="OUT")) is http
