import pytest

from triggers.service_bus_answer import Cause, answers, cause_of

METADATA = {
    "MessageId": "m1",
    "CorrelationId": "c1",
    "SessionId": "s1",
    "ReplyToSessionId": "r1",
    "ApplicationProperties": {"traceparent": "00-a-b-01", "Diagnostic-Id": "00-a-b-01", "other": 1},
}


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        ("ü", [("ü".encode(), "text/plain")]),
        (b"\xff", [(b"\xff", "application/octet-stream")]),
        (bytearray(b"[1]"), [(b"[1]", "application/octet-stream")]),
        ('["a", {"b": 1}, 2]', [(b"a", "text/plain"), (b'{"b": 1}', "text/plain"), (b"2", "text/plain")]),
        ("[broken", [(b"[broken", "text/plain")]),
        (" []", []),
    ],
)
def test_a_value_becomes_its_messages(value, messages):
    assert [(one.body, one.content_type) for one in answers(value, Cause(), "f/out")] == messages


def test_other_values_are_refused():
    with pytest.raises(TypeError, match="got a dict; return text or bytes"):
        answers({}, Cause(), "f/out")


def test_an_answer_carries_what_identifies_its_cause():
    (answer,) = answers("x", cause_of(METADATA), "f/out")
    assert (answer.correlation_id, answer.session_id) == ("c1", "r1")
    assert answer.application_properties == {"traceparent": "00-a-b-01", "Diagnostic-Id": "00-a-b-01"}


def test_without_a_correlation_id_the_answer_names_the_message_and_its_session():
    cause = cause_of({"MessageId": "m1", "SessionId": "s1"})
    assert (cause.correlation_id, cause.session_id, cause.properties) == ("m1", "s1", {})


def test_ids_are_the_same_for_every_attempt_and_differ_by_output_and_index():
    first = [one.message_id for one in answers("[1, 2]", cause_of(METADATA), "f/out")]
    again = [one.message_id for one in answers("[1, 2]", cause_of(METADATA), "f/out")]
    other = [one.message_id for one in answers("[1, 2]", cause_of(METADATA), "f/more")]
    assert first == again
    assert len({*first, *other}) == 4


def test_a_message_without_an_id_is_known_by_its_number():
    one, other = (cause_of({"SequenceNumber": number}).id_of("f/out", 0) for number in (1, 2))
    assert one != other
    assert cause_of({"SequenceNumber": 1}).correlation_id is None


def test_several_messages_together_give_ids_but_nothing_else():
    cause = cause_of({"MessageIdArray": ["a", "b"], "SequenceNumberArray": [1, 2]})
    assert cause.id_of("f/out", 0) == cause_of({"MessageIdArray": ["a", "b"]}).id_of("f/out", 0)
    assert (cause.correlation_id, cause.session_id, cause.properties) == (None, None, None)


def test_without_a_cause_every_message_has_an_id_of_its_own():
    assert Cause().id_of("f/out", 0) != Cause().id_of("f/out", 0)
