"""triggers.blob_messages"""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggers.blob_messages import BlobMessage, control_queue
from triggers.errors import UnreadableMessage

AZURES = {
    "Type": "BlobTrigger", "FunctionId": "Host.Functions.f", "BlobType": "BlockBlob", "ContainerName": "input",
    "BlobName": "a/b.json", "ETag": '"0x8D"',
}  # fmt: skip


def text(document: object) -> str:
    return base64.b64encode(json.dumps(document, indent=2).encode()).decode()


def test_the_queue_has_azures_name():
    assert control_queue("my-host") == "azure-webjobs-blobtrigger-my-host"


def test_a_message_has_azures_fields_and_no_others_unless_there_is_something_to_tell():
    message = BlobMessage(function="f", container="input", name="a/b.json", etag='"0x8D"')
    assert json.loads(base64.b64decode(message.encode())) == AZURES


def test_what_is_ours_stands_beside_azures_fields():
    message = BlobMessage(
        function="f", container="input", name="a/b.json", etag='"0x8D"', attempts=2, seen=3, begun=1, noted=True,
        replay="r",
    )  # fmt: skip
    ours = {"Attempts": 2, "Seen": 3, "Begun": 1, "Noted": True, "Replay": "r"}
    assert json.loads(base64.b64decode(message.encode())) == AZURES | ours


@pytest.mark.parametrize("function", ["Host.Functions.f", "f"])
def test_azures_message_is_read_by_its_long_and_its_short_function_id(function):
    message = BlobMessage.decode(text({**AZURES, "FunctionId": function, "BlobType": "PageBlob", "Unknown": [1]}))
    assert message == BlobMessage(function="f", container="input", name="a/b.json", etag='"0x8D"', blob_type="PageBlob")


@given(
    name=st.text(min_size=1, alphabet=st.characters(codec="utf-8")), attempts=st.integers(0, 9),
    seen=st.integers(0, 99), noted=st.booleans(),
)  # fmt: skip
def test_every_message_is_read_as_it_was_written(name, attempts, seen, noted):
    message = BlobMessage(
        function="f", container="input", name=name, etag='"1"', attempts=attempts, seen=seen, noted=noted
    )
    assert BlobMessage.decode(message.encode()) == message


@pytest.mark.parametrize(
    "body",
    [
        "no base64!", base64.b64encode(b"\xff\xfe").decode(), text("a text"), text([AZURES]), text({}), text(None),
        text({**AZURES, "Attempts": "many"}), text({"FunctionId": "f", "ContainerName": "c"}),
    ],
)  # fmt: skip
def test_what_is_no_such_message_is_refused_with_its_text(body):
    with pytest.raises(UnreadableMessage, match="is not what it should be"):
        BlobMessage.decode(body)
