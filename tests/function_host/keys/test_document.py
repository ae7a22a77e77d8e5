import json

import pytest

from function_host.errors import ConfigError
from function_host.keys.document import (
    HOST,
    Key,
    keys,
    master_key,
    new_document,
    new_value,
    read_document,
    with_key,
    with_master_key,
    without_key,
)


def test_values_are_long_url_safe_and_never_the_same():
    first, second = new_value(), new_value()
    assert first != second
    assert len(first) == 56
    assert set(first) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=")


def test_a_new_host_has_a_master_key_and_a_host_key():
    document = new_document(HOST)
    assert len(master_key(document)) == 56
    assert [key.name for key in keys(document, "functionKeys")] == ["default"]
    assert keys(document, "systemKeys") == []


def test_a_new_function_has_one_key():
    assert [key.name for key in keys(new_document("f"), "keys")] == ["default"]


def test_a_key_takes_the_place_of_the_one_of_its_name_in_any_case():
    document = with_key({"keys": []}, "keys", Key(name="Mine", value="1"))
    document = with_key(document, "keys", Key(name="mine", value="2"))
    assert keys(document, "keys") == [Key(name="mine", value="2")]


def test_other_parts_of_the_document_are_kept():
    document = {"keys": [{"name": "a", "value": "1", "encrypted": False}], "hostName": "h"}
    assert without_key(document, "keys", "A") == {"keys": [], "hostName": "h"}


def test_the_master_key_may_be_changed():
    assert master_key(with_master_key(new_document(HOST), "new")) == "new"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"{", "is not JSON: .*line 1 column 2"),
        (b"\xff{", "is not JSON"),
        (b"[]", "must hold a JSON object"),
        (b"{}", r'must have \$\.masterKey of the form {"name": "text", "value": "text"}'),
        (b'{"masterKey": {"name": "master"}}', r"must have \$\.masterKey of the form"),
        (b'{"masterKey": {"name": "m", "value": "v"}, "functionKeys": {}}', r"must have a list in \$\.functionKeys"),
        (
            b'{"masterKey": {"name": "m", "value": "v"}, "systemKeys": [1]}',
            r"must have \$\.systemKeys\[0\] of the form",
        ),
    ],
)
def test_a_broken_document_is_told_with_its_place_and_the_way_out(data, told):
    with pytest.raises(ConfigError, match=rf"^The file k {told}.*Mend it, or delete it for new keys\.$"):
        read_document(data, HOST, "The file k")


@pytest.mark.parametrize("scope", [HOST, "f"])
def test_a_document_that_was_made_is_read(scope):
    document = new_document(scope)
    assert read_document(json.dumps(document).encode(), scope, "here") == document
