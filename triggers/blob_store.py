"""What a storage account has to do for the blob trigger, whatever kind of account it is."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import IO, Protocol

from triggers.http_body import SpooledBody
from triggers.lease import Lease, LeaseTimes

NO_FACTS: Mapping[str, str] = MappingProxyType({})

ANY_VERSION = "*"
"""The ETag that every version of a blob has, as in HTTP."""
ABSENT = ""
"""Given for an ETag: there must be no such blob."""

Payload = bytes | IO[bytes]
"""What is written: bytes, or a file that is read from its beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobInfo:
    """One version of one blob, as a listing shows it."""

    container: str
    name: str
    etag: str
    """Quoted, as HTTP has it; another version has another one."""
    last_modified: datetime
    is_doubtful: bool = False
    """Its time may be new though its content is not: it is claimed before it is run."""

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

    data: bytes | SpooledBody
    """On disk when it is large; whoever reads it closes it."""
    uri: str
    properties: Mapping[str, object] = field(default_factory=dict)
    """The blob's properties under .NET's names (`ContentLength`, `ETag` ...), fit for JSON."""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobPage:
    """Some blobs of a listing, and the account's own time when it was asked."""

    blobs: Sequence[BlobInfo]
    listed_at: datetime
    held_back: datetime | None = None
    """The `last_modified` of the oldest blob of the container that the listing left out, as it is not finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What was noted under a name, and the version that a replacement must name."""

    facts: Mapping[str, str]
    version: str


class BlobStore(Protocol):
    """A storage account: blobs in containers. Every method raises SourceUnavailable when it cannot be reached.

    `read`, `write`, `facts` and `delete` raise BlobRefused for what is wrong with that one blob; all others may go on.
    """

    longest_pause: float
    """Seconds between two listings of an idle container."""

    @property
    def account(self) -> str:
        """The account's name."""
        ...

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
        """Put a blob in place of any earlier one, in one step, and give back its ETag; makes the container if missing.

        With `only_if`, None comes back and nothing is written unless that ETag is the current one (ABSENT: unless
        there is no such blob). `facts` are noted with the blob: names are identifiers, values are any text.
        """
        ...

    async def facts(self, container: str, name: str) -> Entry | None:
        """What was noted with the blob, and its ETag; None when there is none."""
        ...

    async def delete(self, container: str, name: str) -> None:
        """Take the blob away if it is there."""
        ...

    async def close(self) -> None:
        """Let go of connections and watches; the next use opens them again."""
        ...


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

    async def put(self, name: str, facts: Mapping[str, str]) -> None:
        """Write the entry, whatever was there."""
        ...

    async def is_empty(self, folder: str) -> bool:
        """Is there no entry whose name begins with `folder` and a slash?"""
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
