"""triggers.blob_data"""

import pytest

from triggers.blob_data import content_type


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b'{"a": 1}', "application/json"),
        (b" [1] \n", "application/json"),
        (b"12", "application/json"),
        (b"plain", "application/octet-stream"),
        (b"\xff\x00", "application/octet-stream"),
        (b"", "application/octet-stream"),
        (b"[" + b"1," * 50_000 + b"1]", "application/json"),
        (b"x" * 100_000, "application/octet-stream"),
    ],
)
def test_json_is_marked_as_such(data, kind):
    assert content_type(data) == kind
