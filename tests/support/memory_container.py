"""A blob container in memory: as much of the SDK's ContainerClient as a model registry uses."""

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)


@dataclass
class _Stored:
    content: bytes
    etag: str
    last_modified: datetime = field(default_factory=lambda: datetime.now(UTC))


class MemoryContainer:
    """One container, which is not there before it is made."""

    url = "memory://account/models"

    def __init__(self) -> None:
        self.blobs: dict[str, _Stored] = {}
        self.blocks: dict[tuple[str, str], bytes] = {}
        self.made = False
        self.lock = threading.Lock()
        self._etags = itertools.count(1)

    def create_container(self) -> None:
        if self.made:
            raise ResourceExistsError("ContainerAlreadyExists")
        self.made = True

    def list_blobs(self, name_starts_with: str) -> Iterator[Any]:
        if not self.made:
            raise ResourceNotFoundError("ContainerNotFound")
        for name, stored in sorted(self.blobs.items()):
            if name.startswith(name_starts_with):
                yield SimpleNamespace(name=name, etag=stored.etag, last_modified=stored.last_modified)

    def delete_blob(self, name: str, etag: str, match_condition: MatchConditions) -> None:
        assert match_condition is MatchConditions.IfNotModified
        if self.found(name).etag != etag:
            raise ResourceModifiedError("ConditionNotMet")
        del self.blobs[name]

    def get_blob_client(self, name: str) -> "MemoryBlob":
        return MemoryBlob(self, name)

    def close(self) -> None:
        self.made = False

    def put(self, name: str, content: bytes) -> None:
        self.blobs[name] = _Stored(content, f"etag-{next(self._etags)}")

    def found(self, name: str) -> _Stored:
        if name not in self.blobs:
            raise ResourceNotFoundError("BlobNotFound")
        return self.blobs[name]


class MemoryBlob:
    def __init__(self, container: MemoryContainer, name: str) -> None:
        self._container, self._name = container, name
        self.url = f"{container.url}/{name}"

    def exists(self) -> bool:
        return self._name in self._container.blobs

    def set_blob_metadata(self, metadata: dict[str, str]) -> None:
        self._container.put(self._name, self._container.found(self._name).content)

    def stage_block(self, block_id: str, data: bytes) -> None:
        self._container.blocks[self._name, block_id] = data

    def commit_block_list(self, blocks: list[Any], match_condition: MatchConditions) -> None:
        with self._container.lock:
            self._refuse_to_replace(match_condition)
            staged = [self._container.blocks.pop((self._name, block.id), None) for block in blocks]
            if None in staged:
                raise HttpResponseError("InvalidBlockList")
            self._container.put(self._name, b"".join(block for block in staged if block is not None))

    def upload_blob(
        self, data: bytes, overwrite: bool = False, etag: str = "", match_condition: MatchConditions | None = None
    ) -> None:
        with self._container.lock:
            if not overwrite:
                self._refuse_to_replace(match_condition)
            elif self._container.found(self._name).etag != etag:
                raise ResourceModifiedError("ConditionNotMet")
            self._container.put(self._name, data)

    def download_blob(self, max_concurrency: int = 1) -> Any:
        stored = self._container.found(self._name)
        return SimpleNamespace(
            readall=lambda: stored.content,
            readinto=lambda stream: stream.write(stored.content),
            properties=SimpleNamespace(etag=stored.etag),
        )

    def _refuse_to_replace(self, condition: MatchConditions | None) -> None:
        assert condition is MatchConditions.IfMissing
        if self.exists():
            raise ResourceExistsError("BlobAlreadyExists")
