import base64
from collections.abc import Mapping

import azure.functions as func
import pytest

from function_host.binding import encoder
from triggers.contract import Binding, BindingContext
from triggers.errors import InvalidOptions, InvalidPath
from triggers.queue_encoding import MessageEncoding
from triggers.queue_memory import MemoryQueues
from triggers.queue_output import QueueWriter, binding
from triggers.signals import Signals

OUTPUT = Binding(type="queue", name="$return", direction="OUT", options={"queueName": "done", "connection": "Store"})
SETTINGS = {"Store": "UseDevelopmentStorage=true"}


async def sent(value: object) -> list[bytes]:
    """What a consumer reads after a function returned the value."""
    store = MemoryQueues()
    await QueueWriter(store, "done").write(encoder(OUTPUT, "f")(value), {})
    return [base64.b64decode(text) for text in store.texts("done") or ()]


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        ("ü", ["ü".encode()]),
        (b"\xff", [b"\xff"]),
        (b"[1, 2]", [b"[1, 2]"]),
        ('["a", {"b": 1}]', [b"a", b'{"b": 1}']),
        ("[broken", [b"[broken"]),
        ("[]", []),
        (["a", "b"], [b"a", b"b"]),
        (func.QueueMessage(id="1", body="x"), [b'{"id": "1", "body": "x"}']),
    ],
)
async def test_a_value_becomes_its_messages(value, messages):
    assert await sent(value) == messages


async def test_the_queues_name_may_come_from_the_event():
    store = MemoryQueues()
    writer = QueueWriter(store, "For-{name}", MessageEncoding.NONE)
    await writer.open()
    await writer.write("x", {"name": "Ann"})
    await writer.close()
    assert store.texts("for-ann") == ["x"]
    with pytest.raises(InvalidPath, match=r"No value for \{name\} in 'For-\{name\}'"):
        await writer.write("x", {})
    with pytest.raises(InvalidOptions, match="'For-a_b' is no name"):
        await writer.write("x", {"name": "a_b"})


async def test_opening_makes_the_queue():
    store = MemoryQueues()
    await QueueWriter(store, "done").open()
    assert store.texts("done") == []


async def test_what_is_no_message_is_refused():
    with pytest.raises(TypeError, match="'done' got a dict"):
        await QueueWriter(MemoryQueues(), "done").write({}, {})


def opened(extension: Mapping[str, object], output: Binding = OUTPUT):
    assert binding.writer is not None
    return binding.writer(BindingContext(binding=output, settings=SETTINGS, extension=extension))


def test_a_bad_name_or_encoding_is_refused_when_opened():
    with pytest.raises(InvalidOptions, match="'a_b' is no name"):
        opened({}, Binding(type="queue", name="q", direction="OUT", options={"queueName": "a_b"}))
    with pytest.raises(InvalidOptions, match="'hex'"):
        opened({"messageEncoding": "hex"})


async def test_host_json_chooses_the_encoding_and_listeners_of_the_host_are_woken():
    signals, store = Signals(), MemoryQueues()
    woken = signals.at("done")
    await QueueWriter(store, "Done", MessageEncoding.NONE, signals=signals).write("x", {})
    assert woken.is_set()
    for name, encoding in (("none", MessageEncoding.NONE), ("Base64", MessageEncoding.BASE64)):
        writer = opened({"messageEncoding": name})
        assert isinstance(writer, QueueWriter)
        assert writer._encoding is encoding
        await writer.close()
