from dataclasses import FrozenInstanceError

import pytest

from tests.support.memory_bus import message
from triggers.service_bus_bus import Outgoing


def test_messages_are_values_that_differ_even_when_they_say_the_same():
    one, other = message("a"), message("a")
    assert one != other
    with pytest.raises(FrozenInstanceError):
        one.attempt = 2


def test_what_is_sent_carries_nothing_of_a_cause_unless_told():
    sent = Outgoing(body=b"x", content_type="text/plain", message_id="1")
    assert (sent.correlation_id, sent.session_id, sent.application_properties) == (None, None, {})
