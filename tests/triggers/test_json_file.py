"""triggers.json_file"""

import pytest

from triggers.errors import TriggerError as Unreadable
from triggers.json_file import read_json


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ('\ufeff{"a": 1}', {"a": 1}),
        ('{ // one\n"a": 1 /* two\nlines */ }', {"a": 1}),
        ('{"a": [1, 2,], "b": {"c": 1, // last\n},}', {"a": [1, 2], "b": {"c": 1}}),
        (r'{"url": "https://x/*y*/,]", "q": "\"//,}"}', {"url": "https://x/*y*/,]", "q": '"//,}'}),
    ],
)
def test_what_people_write_is_read(tmp_path, text, document):
    path = tmp_path / "host.json"
    path.write_text(text, encoding="utf-8")
    assert read_json(path, Unreadable) == document


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{ /* a\ncomment */\n  "a": }', r"host\.json is not JSON: .*line 3 column 8"),
        (b'{"a": 1,, "b": 2}', r"host\.json is not JSON: .*line 1 column 9"),
        (b"\xff\xfe{", r"host\.json is not JSON: 'utf-8' codec"),
        (b"[" * 100_000, r"host\.json is not JSON"),
        (b"[]", r"host\.json must hold a JSON object, not list"),
    ],
)
def test_what_is_no_object_is_told_with_its_place(tmp_path, data, told):
    path = tmp_path / "host.json"
    path.write_bytes(data)
    with pytest.raises(Unreadable, match=told):
        read_json(path, Unreadable)


def test_what_cannot_be_read_is_told(tmp_path):
    with pytest.raises(Unreadable, match=r"cannot be read: Is a directory\. Let this user read it"):
        read_json(tmp_path, Unreadable)
