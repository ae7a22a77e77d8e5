import json
from dataclasses import replace
from pathlib import Path

import pytest

from packager import InvalidModel
from packager.models.contract import ModelDetails, ModelVersion
from packager.models.record import (
    DELETED,
    details_as_json,
    details_from_json,
    now,
    parsed,
    parsed_payload,
    payload,
    tombstone,
    version_of,
    written,
)
from tests.contract.test_model_registry import DETAILS

VERSION = ModelVersion(
    name="m",
    version=3,
    path=Path("/somewhere/net"),
    sha256="abc",
    files={"a": "1", "b/c": "2"},
    created_time="2024-05-06T07:08:09+00:00",
    details=DETAILS,
    url="https://somewhere/3",
)
OLD = {
    "file": "model.bin",
    "sha256": "abc",
    "createdTime": "2024-05-06T07:08:09+00:00",
    "details": {
        "tags": {"a": "1"}, "properties": {}, "description": None, "model_framework": None,
        "model_framework_version": None,
    },
}  # fmt: skip


def test_a_record_comes_back():
    record = parsed(written(VERSION), "here")

    assert version_of("m", 3, record, parent=Path("/somewhere"), url=VERSION.url) == VERSION


def test_without_a_url_it_is_that_of_the_files():
    found = version_of("m", 3, parsed(written(VERSION), "here"), parent=Path("/else"), url=None)

    assert found == replace(VERSION, path=Path("/else/net"), url="file:///else/net")


def test_a_record_of_an_earlier_packager_is_read():
    found = version_of("m", 1, parsed(json.dumps(OLD).encode(), "here"), parent=Path("/x"), url=None)

    assert (found.path, found.sha256, found.files) == (Path("/x/model.bin"), "abc", {})
    assert found.details == ModelDetails(tags={"a": "1"})


def test_what_a_later_packager_adds_is_left_out():
    assert details_from_json({**details_as_json(DETAILS), "colour": "red"}) == DETAILS


def test_a_deleted_version_says_when():
    assert parsed(tombstone(), "here")[DELETED] <= now()


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"1", b'{"file": "a", "sha256": "b", "createdTime": 1}'])
def test_anything_else_is_refused_by_its_place(content):
    with pytest.raises(InvalidModel, match=r"here/model\.json is not the record of a model"):
        parsed(content, "here/model.json")


@pytest.mark.parametrize("path", ["../../x", "/etc/x", "a/../../x", "", ".", "a//b", 1])
def test_a_path_that_leads_out_of_the_model_is_refused(path):
    for record in ({**OLD, "file": path}, {**OLD, "files": {path: "abc"}}):
        if path != 1 or record["file"] == 1:  # a key of JSON is text
            with pytest.raises(InvalidModel, match="is no path in a model's folder"):
                parsed(json.dumps(record).encode(), "here")
    with pytest.raises(InvalidModel, match="is no path in a model's folder"):
        parsed_payload({**payload(VERSION), "files": {path: "abc"}})


def test_a_payload_comes_back():
    values = json.loads(json.dumps(payload(VERSION)))

    assert values["id"] == "m:3"
    assert parsed_payload(values) == VERSION


def test_what_is_no_payload_is_refused():
    with pytest.raises(InvalidModel, match=r"not what Model\.serialize\(\) gives"):
        parsed_payload({"name": "m"})
