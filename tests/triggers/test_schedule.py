"""triggers.schedule"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggers.errors import InvalidOptions
from triggers.schedule import local_zone, parse_schedule

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 */5 * * * *", "2026-01-01T00:05:00"),
        ("*/5 * * * *", "2026-01-01T00:05:00"),
        ("30 0 9 * * *", "2026-01-01T09:00:30"),
        ("0 0 0 * feb MON", "2026-02-02T00:00:00"),
        ("0 0 0 * February monday", "2026-02-02T00:00:00"),
        ("0 0 0 13 * FRI", "2026-02-13T00:00:00"),
        ("0 0 9-17/4 * * 1-5", "2026-01-01T09:00:00"),
        ("00:07:30", "2026-01-01T00:07:31"),
        ("1.00:00:00", "2026-01-02T00:00:01"),
    ],
)
def test_the_first_occurrence(text, expected):
    assert parse_schedule(text, UTC).next_after(START) == at(expected)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "has 0 fields"), ("* * * *", "has 4 fields"), ("0 61 * * * *", "Bad minute"), ("0 0 0 30 2 *", "."),
        ("00:00:00", "of no length"), ("0 0 0 * * FUNDAY", "Bad day-of-week"),
    ],
)  # fmt: skip
def test_what_is_refused(text, told):
    with pytest.raises(InvalidOptions, match="The schedule") as caught:
        parse_schedule(text, UTC)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("text", "frequent"),
    [("* * * * * *", True), ("0,30 * * * * *", True), ("5 * * * * *", False), ("00:00:59", True), ("00:01:00", False)],
)
def test_more_than_once_a_minute(text, frequent):
    assert parse_schedule(text, UTC).is_frequent is frequent


def test_a_time_that_is_left_out_in_spring_is_taken_an_hour_later():
    schedule = parse_schedule("0 30 2 * * *", BERLIN)
    assert schedule.next_after(at("2026-03-29T00:00:00")) == at("2026-03-29T01:30:00")
    assert schedule.next_after(at("2026-03-29T01:10:00")) == at("2026-03-29T01:30:00")
    assert schedule.next_after(at("2026-03-29T01:30:00")) == at("2026-03-30T00:30:00")


def test_a_time_that_comes_twice_in_autumn_counts_once_but_periods_go_on():
    daily, every_half = parse_schedule("0 30 2 * * *", BERLIN), parse_schedule("0 */30 * * * *", BERLIN)
    assert daily.next_after(at("2026-10-24T22:30:00")) == at("2026-10-25T00:30:00")
    assert daily.next_after(at("2026-10-25T00:30:00")) == at("2026-10-26T01:30:00")
    assert every_half.next_after(at("2026-10-25T00:30:00")) == at("2026-10-25T01:00:00")


@given(
    st.sampled_from(["0 */7 * * * *", "0 30 2 * * *", "0 15 */3 * * *", "0 0 1-3 * * SUN"]),
    st.timedeltas(timedelta(), timedelta(days=365)),
)
def test_the_next_occurrence_is_later_and_the_first(text, passed):
    moment = START + passed
    schedule = parse_schedule(text, BERLIN)
    found = schedule.next_after(moment)
    assert found > moment
    assert schedule.next_after(found - timedelta(microseconds=1)) == found


def test_the_zone_is_the_one_that_the_settings_name():
    assert local_zone({"TZ": "Europe/Berlin"}) == BERLIN
    assert local_zone({}) is not None
    with pytest.raises(InvalidOptions, match="'Nowhere/Else', which is no known time zone"):
        local_zone({"TZ": "Nowhere/Else"})
