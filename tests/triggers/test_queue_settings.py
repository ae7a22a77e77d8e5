import os

import pytest

from triggers.errors import InvalidOptions
from triggers.queue_encoding import MessageEncoding
from triggers.queue_settings import read_queue_settings


def test_the_defaults_are_azures():
    found = read_queue_settings({}, {})
    assert (found.batch_size, found.new_batch_threshold) == (16, 8 * (os.cpu_count() or 1))
    assert found.concurrency == found.batch_size + found.new_batch_threshold
    assert (found.longest_pause, found.visibility_timeout, found.max_dequeue_count) == (60.0, 0, 5)
    assert found.encoding is MessageEncoding.BASE64


def test_development_polls_more_often():
    assert read_queue_settings({}, {"azure_functions_environment": "development"}).longest_pause == 2.0


def test_every_key_may_be_set_and_overrides_are_text():
    found = read_queue_settings(
        {
            "batchsize": "1", "newBatchThreshold": 0, "maxPollingInterval": "00:00:00.0100000",
            "visibilityTimeout": "1.00:01:30", "maxDequeueCount": 2, "messageEncoding": "none",
        },
        {},
    )  # fmt: skip
    assert (found.concurrency, found.longest_pause, found.visibility_timeout) == (1, 0.1, 86490)
    assert (found.max_dequeue_count, found.encoding) == (2, MessageEncoding.NONE)


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"batchSize": 0}, "batchSize is 0"),
        ({"batchSize": 33}, "batchSize is 33"),
        ({"batchSize": True}, "batchSize is True"),
        ({"newBatchThreshold": -1}, "newBatchThreshold is -1"),
        ({"maxDequeueCount": "many"}, "maxDequeueCount is 'many'"),
        ({"maxPollingInterval": 5}, "maxPollingInterval is 5"),
        ({"visibilityTimeout": "soon"}, "visibilityTimeout is 'soon'"),
        ({"messageEncoding": "hex"}, "messageEncoding is 'hex'"),
    ],
)
def test_bad_values_are_refused_by_key(section, told):
    with pytest.raises(InvalidOptions, match=f"host.json: extensions.queues.{told}"):
        read_queue_settings(section, {})
