from datetime import UTC, datetime

from infra.emulators.service_bus.amqp.types import Timestamp


def test_a_timestamp_is_milliseconds_since_1970() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)

    assert Timestamp.of(moment) == 1767323045678
    assert Timestamp.of(moment).moment() == moment


def test_a_moment_before_1970() -> None:
    moment = datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)

    assert Timestamp.of(moment) == -1
    assert Timestamp(-1).moment() == moment


def test_a_timestamp_beyond_all_dates_is_the_last_one() -> None:
    assert Timestamp(1 << 62).moment() == datetime.max.replace(tzinfo=UTC)
