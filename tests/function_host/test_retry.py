from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_host.errors import AppLoadError
from function_host.retry import FOREVER, RetryPolicy, read_retry


def test_a_fixed_delay_stays_the_same():
    policy = read_retry("f", {"strategy": "fixed_delay", "max_retry_count": "3", "delay_interval": "00:00:10"})
    assert [policy.pause(n) for n in (1, 2, 9)] == [10.0, 10.0, 10.0]
    assert [policy.allows(n) for n in (0, 2, 3)] == [True, True, False]


def test_function_json_writes_the_same_in_its_own_spelling():
    raw = {
        "strategy": "exponentialBackoff",
        "maxRetryCount": 5,
        "minimumInterval": "00:00:02",
        "maximumInterval": "01:00:00",
    }
    policy = read_retry("f", raw)
    assert policy == RetryPolicy(max_retries=5, shortest=timedelta(seconds=2), longest=timedelta(hours=1))


def test_minus_one_is_forever():
    raw = {"strategy": "fixed_delay", "max_retry_count": "-1", "delay_interval": "00:00:01"}
    assert read_retry("f", raw).max_retries == FOREVER
    assert read_retry("f", raw).allows(10**6)


@given(retry=st.integers(1, 200))
def test_exponential_pauses_stay_between_their_bounds(retry):
    policy = RetryPolicy(max_retries=FOREVER, shortest=timedelta(seconds=2), longest=timedelta(seconds=60))
    expected = 2.0 * 2.0 ** (retry - 1)
    assert min(expected * 0.8, 60.0) <= policy.pause(retry) <= min(expected * 1.2, 60.0)


def test_the_first_exponential_pause_is_the_shortest():
    policy = RetryPolicy(max_retries=3, shortest=timedelta(seconds=2), longest=timedelta(seconds=60))
    assert policy.pause(1) == 2.0


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"strategy": "hope", "max_retry_count": "1"}, "strategy 'hope'"),
        ({"strategy": "fixed_delay", "max_retry_count": "many", "delay_interval": "00:00:01"}, "'many'"),
        ({"strategy": "fixed_delay", "max_retry_count": "-2", "delay_interval": "00:00:01"}, "'-2'"),
        ({"strategy": "fixed_delay", "max_retry_count": "1"}, "delay_interval None"),
        (
            {"strategy": "exponential_backoff", "max_retry_count": "1", "minimum_interval": "00:00:01"},
            "maximum_interval",
        ),
    ],
)
def test_a_broken_policy_is_told(settings, complaint):
    with pytest.raises(AppLoadError, match=complaint):
        read_retry("f", settings)
