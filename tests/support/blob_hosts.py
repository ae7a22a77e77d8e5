"""Hosts with one blob function over accounts in memory."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from triggers.blob_hub import BlobHub
from triggers.blob_listener import BlobWatch, blob_source
from triggers.blob_memory import MemoryBlobs, MemoryLedger
from triggers.blob_pace import BlobPace
from triggers.blob_receipts import BlobReceipts
from triggers.blob_source import BlobDelivery, BlobSource
from triggers.blob_store import BlobAccount
from triggers.paths import BlobPath
from triggers.queue_memory import MemoryQueues


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2024, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class MemoryLease:
    """The lease of one host; `held` is shared with the others and names the holder."""

    retry_every = 0.002
    renew_every = 3600.0

    def __init__(self, held: dict[str, object]) -> None:
        self._held = held

    async def acquire(self) -> bool:
        return self._held.setdefault("by", self) is self

    async def renew(self) -> bool:
        return self._held.get("by") is self

    async def release(self) -> None:
        if self._held.get("by") is self:
            del self._held["by"]

    async def close(self) -> None:
        """Nothing is open."""


class Quick(BlobPace):
    """Takes as much as there is room for, without waiting to see how long a run takes."""

    is_quick = True


class Account:
    """One account and the hosts on it, all with the function `f`."""

    def __init__(self, pattern: str = "input/{blobname}.json", page_size: int = 5000) -> None:
        self.clock = Clock()
        self.blobs = MemoryBlobs(page_size=page_size, clock=self.clock)
        self.own = MemoryBlobs(clock=self.clock)
        self.ledger = MemoryLedger()
        self.queues = MemoryQueues(clock=self.clock)
        self.held: dict[str, object] = {}
        self.pace: BlobPace = Quick()
        self.path = BlobPath.parse_trigger(pattern)

    def source(self, **options: object) -> BlobSource:
        """Another host's source."""
        lease = MemoryLease(self.held)
        hub = BlobHub(self.queues, lease, "host")
        receipts = BlobReceipts(self.ledger, host_id="host", function="f", clock=self.clock)
        own = BlobAccount(blobs=self.own, ledger=self.ledger, lease=lambda *_: lease)
        given = {"retry_pause": 0.0, "poison": self.queues, **options}
        watch = BlobWatch(
            function="f", path=self.path, host_id="host", store=self.blobs, hosts_own=own,
            **given,  # type: ignore[arg-type]  # because tests give what they like
        )  # fmt: skip
        return blob_source(watch, hub, receipts, self.pace)

    async def put(self, *names: str, data: bytes = b"{}") -> None:
        """Write blobs into the container `input`."""
        for name in names:
            await self.blobs.write("input", name, data, "application/json")

    @property
    def receipts(self) -> dict[str, Mapping[str, str]]:
        """What is noted of each blob, by `container/name`."""
        notes = self.ledger.entries.items()
        return {name.split('"/')[1]: entry.facts for name, entry in notes if '"/' in name}

    async def kill(self, source: BlobSource) -> None:
        """As a host ends that is killed: nothing is settled or given back, and the lease runs out."""
        hub = source._parts.hub
        for task in [*hub._tasks, *source._claims, *source._parts.search._tasks.values()]:
            task.cancel()
        await asyncio.sleep(0)
        self.held.clear()


async def pulled(source: BlobSource, limit: int = 100, timeout: float = 0.02) -> list[BlobDelivery]:
    """Everything the source hands out until two calls bring nothing: one may fall into the pause between sweeps."""
    found: list[BlobDelivery] = []
    idle = 0
    while idle < 2:
        deliveries = await source.receive(limit, timeout=timeout)
        idle = 0 if deliveries else idle + 1
        found += deliveries
    return found


async def listed(source: BlobSource) -> None:
    """Returns when something waits in line, with nothing handed out."""
    async with asyncio.timeout(3):
        while not source._line.has_next:
            await source.receive(0, timeout=0.002)


async def names(source: BlobSource) -> list[str]:
    """The blobs handed out, each completed."""
    found = await pulled(source)
    for delivery in found:
        await delivery.complete()
    return sorted(str(delivery.event.metadata["BlobTrigger"]) for delivery in found)
