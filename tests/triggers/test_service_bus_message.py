import json
import uuid
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from azure.servicebus.amqp import AmqpMessageBodyType

from function_host.binding import decoder
from triggers.contract import Binding
from triggers.service_bus_bus import Message
from triggers.service_bus_message import batch_event, message_event, received

TOKEN = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
MOMENT = datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def sdk_message(**fields: object) -> SimpleNamespace:
    """As the SDK gives it: text in properties is bytes."""
    known = {
        "body": iter([b"he", b"llo"]),
        "body_type": AmqpMessageBodyType.DATA,
        "delivery_count": 0,
        "lock_token": TOKEN,
        "locked_until_utc": MOMENT,
        "sequence_number": 7,
        "enqueued_sequence_number": 3,
        "enqueued_time_utc": MOMENT,
        "expires_at_utc": MOMENT + timedelta(hours=1),
        "scheduled_enqueue_time_utc": None,
        "state": 0,
        "dead_letter_source": None,
        "dead_letter_reason": None,
        "dead_letter_error_description": None,
        "message_id": "m1",
        "content_type": "text/plain",
        "correlation_id": "c1",
        "reply_to": "r",
        "reply_to_session_id": "rs",
        "session_id": "s",
        "partition_key": "p",
        "subject": "sub",
        "to": "t",
        "time_to_live": timedelta(hours=1),
        "application_properties": {b"k": 1, b"t": b"text", b"b": b"\xff", b"u": TOKEN, b"n": None},
        "raw_amqp_message": SimpleNamespace(annotations={b"x-opt-via-partition-key": b"v"}),
    }
    return SimpleNamespace(**(known | fields))


def trigger(**options: str) -> Binding:
    return Binding(type="serviceBusTrigger", name="m", direction="IN", options=options)


PLAIN = {
    "delivery_count": 1,
    "lock_token": str(TOKEN),
    "locked_until": MOMENT,
    "sequence_number": 7,
    "enqueued_sequence_number": 3,
    "enqueued_time_utc": MOMENT,
    "expires_at_utc": MOMENT + timedelta(hours=1),
    "scheduled_enqueue_time_utc": None,
    "state": 0,
    "dead_letter_reason": None,
    "message_id": "m1",
    "content_type": "text/plain",
    "correlation_id": "c1",
    "reply_to": "r",
    "reply_to_session_id": "rs",
    "session_id": "s",
    "partition_key": "p",
    "transaction_partition_key": "v",
    "subject": "sub",
    "label": "sub",
    "to": "t",
    "time_to_live": timedelta(hours=1),
    "application_properties": {"k": 1, "t": "text", "b": "/w==", "u": str(TOKEN), "n": None},
    "user_properties": {"k": 1, "t": "text", "b": "/w==", "u": str(TOKEN), "n": None},
}
"""What a function finds at its message."""


def test_a_function_finds_every_field_at_its_message():
    message = decoder(trigger(), None)(message_event(received(sdk_message())))
    assert message.get_body() == b"hello"
    assert {name: getattr(message, name) for name in PLAIN} == PLAIN
    assert message.metadata["SequenceNumber"] == 7


def test_a_function_finds_every_field_at_each_of_its_messages():
    dead = {"dead_letter_reason": "why", "scheduled_enqueue_time_utc": MOMENT, "session_id": None, "delivery_count": 2}
    messages = [received(sdk_message()), received(sdk_message(body=[b"\xff"], **dead))]
    one, other = decoder(trigger(cardinality="many"), None)(batch_event(messages))
    assert [one.get_body(), other.get_body()] == [b"hello", b"\xff"]
    assert {name: getattr(one, name) for name in PLAIN} == PLAIN
    assert other.dead_letter_reason == "why"
    assert other.scheduled_enqueue_time_utc == MOMENT
    assert (other.session_id, other.delivery_count) == (None, 3)
    assert one.metadata["SequenceNumberArray"] == [7, 7]


def test_a_thousand_messages_are_no_work_to_speak_of():
    messages = [received(sdk_message(body=[b"x"])) for _ in range(300)]
    assert len(decoder(trigger(cardinality="MANY"), None)(batch_event(messages))) == 300


def test_several_messages_as_text_are_an_array():
    assert json.loads(str(decoder(trigger(cardinality="many"), str)(batch_event([_with(b"a"), _with(b"b")])))) == [
        "a",
        "b",
    ]


@pytest.mark.parametrize(("body", "data"), [(b"text", "text"), (b"\xff", b"\xff"), (b"", "")])
def test_bodies_that_are_no_text_stay_their_own_bytes(body, data):
    assert message_event(_with(body)).data == data
    assert message_event(_with(body), binary=True).data == body


@pytest.mark.parametrize(
    ("kind", "body", "read"),
    [("VALUE", "text", b"text"), ("VALUE", b"\x00", b"\x00"), ("VALUE", 5, None), ("SEQUENCE", [[1]], None)],
)
def test_bodies_that_are_no_data(kind, body, read):
    assert received(sdk_message(body=body, body_type=AmqpMessageBodyType[kind])).body == read


def test_properties_of_a_json_body_fill_expressions_but_never_hide_azures_names():
    metadata = message_event(_with(b'{"Name": "ann", "messageid": "x"}')).metadata
    assert (metadata["name"], metadata["MessageId"]) == ("ann", "m")


@pytest.mark.parametrize("name", ["traceparent", "Diagnostic-Id"])
def test_the_trace_goes_on(name):
    event = message_event(received(sdk_message(application_properties={name.encode(): b"00-a-b-01"})))
    assert event.traceparent == "00-a-b-01"
    assert message_event(_with(b"x")).traceparent is None


def test_a_message_without_an_id_is_known_by_its_lock():
    message = received(sdk_message(message_id=None, application_properties=None))
    assert message.id == str(TOKEN)
    assert message.properties["UserProperties"] == {}
    assert "MessageId" not in message.properties


def test_what_azure_functions_cannot_read_is_left_out():
    assert "TimeToLive" not in received(sdk_message(time_to_live=timedelta(days=14))).properties


def test_times_are_utc():
    local = MOMENT.astimezone(timezone(timedelta(hours=2)))
    message = received(sdk_message(locked_until_utc=local, enqueued_time_utc=local))
    assert message.properties["EnqueuedTimeUtc"] == "2030-01-02T03:04:05.678901+00:00"
    assert message.locked_until == MOMENT


def test_properties_of_the_sender_come_as_json_says_them():
    custom = {b"when": MOMENT, b"in": {b"x": [b"a", 1, TOKEN]}, b"n": None}
    properties = received(sdk_message(application_properties=custom)).properties["ApplicationProperties"]
    assert properties == {"when": "2030-01-02T03:04:05.678901+00:00", "in": {"x": ["a", 1, str(TOKEN)]}, "n": None}


def _with(body: bytes) -> Message:
    return Message(id="m", body=body, properties={"MessageId": "m", "UserProperties": {}})
