"""A storage account in memory, for tests and trials; it can be made unreachable, and single blobs refused."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime

from triggers.blob_receipts import utc_now
from triggers.blob_store import ABSENT, ANY_VERSION, NO_FACTS, BlobContent, BlobInfo, BlobPage, Entry, Payload
from triggers.errors import BlobRefused, SourceUnavailable


class MemoryBlobs:
    """The blobs of an account in memory, as triggers.blob_store.BlobStore."""

    def __init__(self, *, page_size: int = 5000, clock: Callable[[], datetime] = utc_now) -> None:
        self.containers: dict[str, dict[str, tuple[BlobInfo, bytes, str]]] = {}
        self.refused: set[str] = set()
        """The `container/name` of blobs that can be neither read nor written."""
        self.reachable = True
        self.account = "memory"
        self.longest_pause = 0.01
        self._facts: dict[str, Mapping[str, str]] = {}
        self._page_size = page_size
        self._clock = clock
        self._versions = itertools.count(1)

    async def make_container(self, container: str) -> None:
        self._check()
        self.containers.setdefault(container, {})

    async def open(self, container: str) -> None:
        await self.make_container(container)

    async def pages(self, container: str, prefix: str) -> AsyncIterator[BlobPage]:
        self._check()
        listed_at = self._clock()
        held = [info for info, _, _ in self.containers.get(container, {}).values() if info.name.startswith(prefix)]
        for start in range(0, max(len(held), 1), self._page_size):
            yield BlobPage(blobs=held[start : start + self._page_size], listed_at=listed_at)

    async def changes(self, container: str, timeout: float) -> Sequence[BlobInfo]:
        await asyncio.sleep(min(timeout, self.longest_pause))
        return ()

    async def read(self, blob: BlobInfo) -> BlobContent | None:
        self._check(blob.path)
        held = self.containers.get(blob.container, {}).get(blob.name)
        if held is None or blob.etag not in (held[0].etag, ANY_VERSION):
            return None
        info, data, kind = held
        properties = {"ContentLength": len(data), "ContentType": kind, "ETag": info.etag}
        facts = self._facts.get(blob.path, {})
        return BlobContent(data=data, uri=f"memory:///{blob.path}", properties=properties, metadata=facts)

    async def write(
        self,
        container: str,
        name: str,
        data: Payload,
        content_type: str,
        *,
        facts: Mapping[str, str] = NO_FACTS,
        only_if: str | None = None,
    ) -> str | None:
        path = f"{container}/{name}"
        self._check(path)
        if only_if is not None and only_if != self._etag(container, name):
            return None
        info = BlobInfo(container=container, name=name, etag=f'"{next(self._versions)}"', last_modified=self._clock())
        self.containers.setdefault(container, {})[name] = (info, _bytes(data), content_type)
        self._facts[path] = dict(facts)
        return info.etag

    async def facts(self, container: str, name: str) -> Entry | None:
        self._check(f"{container}/{name}")
        etag = self._etag(container, name)
        return Entry(facts=self._facts.get(f"{container}/{name}", {}), version=etag) if etag else None

    async def delete(self, container: str, name: str) -> None:
        self._check(f"{container}/{name}")
        self.containers.get(container, {}).pop(name, None)
        self._facts.pop(f"{container}/{name}", None)

    async def close(self) -> None:
        """Nothing is kept open."""

    def _etag(self, container: str, name: str) -> str:
        held = self.containers.get(container, {}).get(name)
        return held[0].etag if held else ABSENT

    def _check(self, path: str = "") -> None:
        if not self.reachable:
            raise SourceUnavailable("The storage account in memory was made unreachable.")
        if path in self.refused:
            raise BlobRefused(f"The storage account in memory refuses blob {path!r}.")


class MemoryLedger:
    """A ledger in memory, as triggers.blob_store.Ledger."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.reachable = True

    async def create(self, name: str, facts: Mapping[str, str]) -> Entry | None:
        self._check()
        return None if name in self.entries else self._put(name, facts, 1)

    async def read(self, name: str) -> Entry | None:
        self._check()
        return self.entries.get(name)

    async def put(self, name: str, facts: Mapping[str, str]) -> None:
        self._check()
        current = self.entries.get(name)
        self._put(name, facts, int(current.version) + 1 if current else 1)

    async def is_empty(self, folder: str) -> bool:
        self._check()
        return not any(name.startswith(f"{folder}/") for name in self.entries)

    async def replace(self, name: str, facts: Mapping[str, str], version: str) -> Entry | None:
        self._check()
        current = self.entries.get(name)
        if current is None or current.version != version:
            return None
        return self._put(name, facts, int(version) + 1)

    async def close(self) -> None:
        """Nothing is kept open."""

    def _put(self, name: str, facts: Mapping[str, str], version: int) -> Entry:
        entry = Entry(facts=dict(facts), version=str(version))
        self.entries[name] = entry
        return entry

    def _check(self) -> None:
        if not self.reachable:
            raise SourceUnavailable("The ledger in memory was made unreachable.")


def _bytes(data: Payload) -> bytes:
    if isinstance(data, bytes):
        return data
    data.seek(0)
    return data.read()
