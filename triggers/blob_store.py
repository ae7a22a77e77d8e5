"""What a storage account has to do for the blob trigger, whatever kind of account it is."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from triggers.lease import Lease, LeaseTimes

ANY_VERSION = "*"
"""The ETag that every version of a blob has, as in HTTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobInfo:
    """One version of one blob, as a listing shows it."""

    container: str
    name: str
    etag: str
    """Quoted, as HTTP has it; another version has another one."""
    last_modified: datetime

    @property
    def path(self) -> str:
        """`container/name`, as Azure's metadata has it."""
        return f"{self.container}/{self.name}"


def newest(container: str, name: str) -> BlobInfo:
    """What to hand to BlobStore.read for the blob as it is now."""
    return BlobInfo(container=container, name=name, etag=ANY_VERSION, last_modified=datetime.min.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobContent:
    """A blob as it was read."""

    data: bytes
    uri: str
    properties: Mapping[str, object] = field(default_factory=dict)
    """The blob's properties under .NET's names (`ContentLength`, `ETag` ...), fit for JSON."""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobPage:
    """Some blobs of a listing, and the account's own time when it was asked."""

    blobs: Sequence[BlobInfo]
    listed_at: datetime


class BlobStore(Protocol):
    """A storage account: blobs in containers. Every method raises SourceUnavailable when it cannot be reached.

    `read` and `write` raise BlobRefused for what is wrong with that one blob; all others may go on.
    """

    longest_pause: float
    """Seconds between two listings of an idle container."""

    async def make_container(self, container: str) -> None:
        """Make the container unless it is there."""
        ...

    async def open(self, container: str) -> None:
        """Make the container if it is missing, and from now on look out for changes in it where possible."""
        ...

    def pages(self, container: str, prefix: str) -> AsyncIterator[BlobPage]:
        """Every blob whose name starts with `prefix`; a missing container has none (at least one page comes)."""
        ...

    async def changes(self, container: str, timeout: float) -> Sequence[BlobInfo]:
        """Blobs known to have changed, as soon as there are some; nothing when `timeout` seconds have passed."""
        ...

    async def read(self, blob: BlobInfo) -> BlobContent | None:
        """That very version of the blob (any, for ANY_VERSION); None when it is gone or was overwritten."""
        ...

    async def write(self, container: str, name: str, data: bytes, content_type: str) -> None:
        """Put a blob in place of any earlier one, in one step; makes the container if it is missing."""
        ...

    async def create(self, container: str, name: str, data: bytes, content_type: str) -> bool:
        """Put a new blob; False when there is one of that name already. Makes the container if it is missing."""
        ...

    async def replace(self, blob: BlobInfo, data: bytes, content_type: str) -> bool:
        """Put a blob in place of that very version; False when it is gone or was overwritten."""
        ...

    async def close(self) -> None:
        """Let go of connections and watches; the next use opens them again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a ledger: its facts, and the version that a replacement must name."""

    facts: Mapping[str, str]
    version: str


class Ledger(Protocol):
    """Small named records that many hosts share; every method raises SourceUnavailable when out of reach.

    BlobRefused means that there can be no entry of that name.
    """

    async def create(self, name: str, facts: Mapping[str, str]) -> Entry | None:
        """Write a new entry; None when there is one of that name already."""
        ...

    async def read(self, name: str) -> Entry | None:
        """The entry of that name, if any."""
        ...

    async def replace(self, name: str, facts: Mapping[str, str], version: str) -> Entry | None:
        """Put other facts into the entry; None when `version` is no longer the current one or it is gone."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobAccount:
    """What one connection opens: the blobs and the ledger of one storage account."""

    blobs: BlobStore
    ledger: Ledger
    lease: Callable[[str, str, LeaseTimes], Lease]
    """The lease of that container and name."""
