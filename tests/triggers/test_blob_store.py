"""triggers.blob_store: the records; what its roles promise is tested in tests/contract"""

import dataclasses
from datetime import UTC, datetime

import pytest

from triggers.blob_store import BlobContent, BlobInfo


def test_a_blobs_path_is_as_azures_metadata_has_it():
    blob = BlobInfo(container="input", name="a/b.json", etag='"1"', last_modified=datetime.now(UTC))
    assert blob.path == "input/a/b.json"
    with pytest.raises(dataclasses.FrozenInstanceError):
        blob.name = "other"  # type: ignore[misc]


def test_a_blob_may_come_without_properties():
    assert BlobContent(data=b"", uri="x").metadata == {}
