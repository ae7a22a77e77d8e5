"""A container with very many old blobs, laid out in Azurite's own files: to upload so many would take it an hour."""

import copy
import json
from pathlib import Path
from typing import Any

from azure.storage.blob import BlobServiceClient

from infra.emulators import Azurite

_DATABASE = "__azurite_db_blob__.json"
_BLOBS = "$BLOBS_COLLECTION$"


def laid_out(data: Path, count: int) -> None:
    """The container `input` with so many old blobs, below `data` for an Azurite that is started there later."""
    with Azurite(data) as azurite:
        service = BlobServiceClient.from_connection_string(azurite.connection_string)
        service.create_container("input").upload_blob("old/0000000.json", b"{}")
        service.close()
    path = data / _DATABASE
    database = json.loads(path.read_text())
    blobs = next(one for one in database["collections"] if one["name"] == _BLOBS)
    (first,) = blobs["data"]
    blobs["data"] = [_copy(first, number) for number in range(max(count, 1))]
    blobs["maxId"] = len(blobs["data"])
    blobs["idIndex"] = [one["$loki"] for one in blobs["data"]]
    for index in blobs["binaryIndices"].values():
        index.update(values=list(range(len(blobs["data"]))), dirty=True)
    path.write_text(json.dumps(database))


def _copy(blob: dict[str, Any], number: int) -> dict[str, Any]:
    name, version = f"old/{number:07}.json", f'"0x{number + 1:X}"'
    properties = copy.deepcopy(blob["properties"]) | {"etag": version}
    return {**blob, "name": name, "$loki": number + 1, "etag": version, "properties": properties}
