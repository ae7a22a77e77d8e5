import math

import pytest

from triggers.errors import InvalidOptions
from triggers.service_bus_settings import Retry, ServiceBusSettings, read_service_bus_settings


def test_defaults_are_azures_but_a_lock_is_renewed_as_long_as_the_function_runs():
    settings = read_service_bus_settings({})
    assert settings.max_concurrent_calls % 16 == 0
    assert settings == ServiceBusSettings(max_concurrent_calls=settings.max_concurrent_calls)
    assert settings.longest_renewal == math.inf


def test_everything_can_be_said():
    settings = read_service_bus_settings(
        {
            "AutoCompleteMessages": False,
            "maxConcurrentCalls": "7",
            "maxAutoLockRenewalDuration": "00:10:00",
            "sessionIdleTimeout": "00:00:05",
            "transportType": "AmqpWebSockets",
            "webProxy": "http://proxy:8080",
            "clientRetryOptions": {"mode": "Fixed", "maxRetries": 2, "delay": "00:00:02", "tryTimeout": "00:00:10"},
        }
    )
    assert (settings.auto_complete, settings.max_concurrent_calls, settings.longest_renewal) == (False, 7, 600.0)
    assert (settings.session_idle, settings.over_websockets) == (5.0, True)
    assert settings.client == {"try_timeout": 10.0, "http_proxy": {"proxy_hostname": "proxy", "proxy_port": 8080}}
    assert settings.retry.pauses == (2.0, 2.0)


def test_a_session_is_idle_after_the_timeout_of_one_attempt():
    assert read_service_bus_settings({"clientRetryOptions": {"tryTimeout": "00:00:10"}}).session_idle == 10.0


def test_an_endless_renewal_is_written_as_minus_one_millisecond():
    assert read_service_bus_settings({"maxAutoLockRenewalDuration": "-00:00:00.0010000"}).longest_renewal == math.inf


def test_pauses_double_up_to_the_longest():
    assert Retry(most=4, delay=1.0, longest=6.0).pauses == (2.0, 4.0, 6.0, 6.0)


def test_all_problems_are_told_at_once():
    section = {
        "maxConcurrentCalls": 0,
        "prefetchCount": True,
        "autoCompleteMessages": "perhaps",
        "maxBatchWaitTime": "00:05:00",
        "sessionIdleTimeout": 5,
        "clientRetryOptions": {"mode": "never"},
        "transportType": "carrier pigeon",
        "minMessageBatchSize": 5,
        "maxMessageBatchSize": 2,
    }
    with pytest.raises(InvalidOptions) as caught:
        read_service_bus_settings(section)
    for part in (
        "maxConcurrentCalls is 0, but must be a whole number from 1 up",
        "prefetchCount is True",
        "autoCompleteMessages is 'perhaps', but must be 'true' or 'false'",
        "maxBatchWaitTime is '00:05:00', but must be written as 'hh:mm:ss', at most 0:02:30",
        "sessionIdleTimeout is 5",
        "clientRetryOptions.mode is 'never'",
        "transportType is 'carrier pigeon'",
        "minMessageBatchSize is greater than maxMessageBatchSize",
    ):
        assert part in str(caught.value)


def test_retry_options_are_a_section():
    with pytest.raises(InvalidOptions, match="clientRetryOptions is 3, but must be a section in braces"):
        read_service_bus_settings({"clientRetryOptions": 3})


def test_options_of_old_versions_are_told_of(caplog):
    read_service_bus_settings({"messageHandlerOptions": {"maxConcurrentCalls": 3}, "batchOptions": {}})
    assert "messageHandlerOptions, batchOptions belongs to an old version" in caplog.text
