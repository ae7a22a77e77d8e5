from datetime import timedelta

import pytest

from triggers.timespan import parse_timespan


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("00:05:00", timedelta(minutes=5)),
        ("1:00", timedelta(hours=1)),
        ("1.02:03:04", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("00:00:00.5", timedelta(milliseconds=500)),
        ("7", timedelta(days=7)),
    ],
)
def test_lengths_of_time(text, length):
    assert parse_timespan(text) == length


@pytest.mark.parametrize("text", ["", "soon", "5m", "1:2:3", "-00:01:00"])
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match="no length of time"):
        parse_timespan(text)
