"""triggers.path_builtins"""

import re
from datetime import UTC, datetime

import pytest

from triggers.errors import InvalidPath
from triggers.path_builtins import random_guid, utc_time

NOON = datetime(2024, 3, 5, 13, 4, 9, 120_300, tzinfo=UTC)
HEX = "[0-9a-f]"


@pytest.mark.parametrize(
    ("style", "form"),
    [
        ("", f"{HEX}{{8}}(-{HEX}{{4}}){{3}}-{HEX}{{12}}"),
        ("D", f"{HEX}{{8}}(-{HEX}{{4}}){{3}}-{HEX}{{12}}"),
        ("n", f"{HEX}{{32}}"),
        ("B", r"\{[0-9a-f-]{36}\}"),
        ("P", r"\([0-9a-f-]{36}\)"),
    ],
)
def test_random_guid(style: str, form: str):
    assert re.fullmatch(form, random_guid(style))
    assert random_guid(style) != random_guid(style)


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("", "2024-03-05T13-04-09Z"),
        ("yyyy-MM-dd", "2024-03-05"),
        ("yy/M/d H:m:s", "24/3/5 13:4:9"),
        ("hh tt", "01 PM"),
        ("ss.fff", "09.120"),
        ("ddd MMM", "Tue Mar"),
    ],
)
def test_utc_time_in_net_formats(style: str, text: str):
    assert utc_time(style, NOON) == text


def test_unknown_formats_are_refused():
    with pytest.raises(InvalidPath, match="N, B and P"):
        random_guid("Z")
    with pytest.raises(InvalidPath, match="'qq'"):
        utc_time("yyyy-qq")
