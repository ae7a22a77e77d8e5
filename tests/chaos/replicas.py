"""An hour of load on the scale rule of the blob trigger, inputs kept: `python -m tests.chaos.replicas`.

The trigger is the real one, with all its parts, on an account in memory; its control queue is what the rule looks at.
Time is virtual, so that the hour takes seconds; pods and the cluster's two controllers are simulated.
"""

import asyncio
import itertools
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from infra.contract import DeploymentSpec
from infra.targets.kubernetes import target
from tests.benchmarks.subject import table
from tests.chaos.autoscaler import SYNC, Autoscaler, Rule
from tests.chaos.virtual_time import run_in_virtual_time
from tests.support.blob_hosts import Account, MemoryLease
from tests.support.kubernetes_objects import cluster_spec
from triggers.blob_hub import BlobHub
from triggers.blob_listener import BlobWatch, blob_source
from triggers.blob_pace import BlobPace
from triggers.blob_receipts import BlobReceipts
from triggers.blob_store import BlobAccount
from triggers.contract import Event, FunctionResult
from triggers.polling import PollingListener

_POD_START = 20.0
"""Seconds until a new pod takes events."""
_LEASE_RETRY = 5.0


@dataclass(frozen=True, kw_only=True)
class Load:
    """Blobs per minute, for some minutes."""

    minutes: float
    per_minute: float


@dataclass(frozen=True, kw_only=True)
class Plan:
    """An hour: little, much, nothing, some, nothing."""

    seconds_per_blob: float = 10.0
    loads: Sequence[Load] = (
        Load(minutes=5, per_minute=2),
        Load(minutes=12, per_minute=40),
        Load(minutes=18, per_minute=0),
        Load(minutes=8, per_minute=20),
        Load(minutes=17, per_minute=0),
    )

    @property
    def seconds(self) -> float:
        return sum(each.minutes for each in self.loads) * 60


@dataclass(kw_only=True)
class Look:
    """What there was at one moment."""

    minute: float
    inputs: int
    answered: int
    queued: int
    replicas: int
    by_blobs: int
    """How many a rule that counts the blobs would have."""


@dataclass(kw_only=True)
class Hour:
    """All that happened."""

    rule: Rule
    looks: list[Look] = field(default_factory=list)
    runs: Counter[str] = field(default_factory=Counter)
    written: int = 0

    def most(self, start: float, end: float) -> int:
        """Replicas between two minutes."""
        return max(each.replicas for each in self.looks if start <= each.minute < end)

    def least(self, start: float, end: float) -> int:
        return min(each.replicas for each in self.looks if start <= each.minute < end)


class _Lease(MemoryLease):
    retry_every = _LEASE_RETRY


class Replica:
    """One pod: the real trigger, and a function that takes its time and runs once at a time."""

    def __init__(self, account: Account, host_id: str, seconds: float, runs: Counter[str]) -> None:
        self._seconds, self._runs = seconds, runs
        self._alone = asyncio.Lock()
        lease, pace = _Lease(account.held), BlobPace(1)
        watch = BlobWatch(
            function="score_blob", path=account.path, host_id=host_id, store=account.blobs, poison=account.queues,
            hosts_own=BlobAccount(blobs=account.own, ledger=account.ledger, lease=lambda *_: lease),
        )  # fmt: skip
        receipts = BlobReceipts(account.ledger, host_id=host_id, function="score_blob", clock=account.clock)
        source = blob_source(watch, BlobHub(account.queues, lease, host_id), receipts, pace)
        self._listener = PollingListener(source, self, name="a replica", longest_pause=account.blobs.longest_pause)
        self._life = asyncio.create_task(self._start())

    async def _start(self) -> None:
        await asyncio.sleep(_POD_START)
        await self._listener.start()

    async def end(self) -> None:
        """As a pod goes: what it has begun it ends."""
        self._life.cancel()
        await asyncio.gather(self._life, return_exceptions=True)
        await self._listener.stop()

    async def execute(self, event: Event) -> FunctionResult:
        async with self._alone:
            await asyncio.sleep(self._seconds)
        self._runs[str(event.metadata["BlobTrigger"])] += 1
        return FunctionResult(value=b"")


class Cluster:
    """As many replicas as the autoscaler wants."""

    def __init__(self, plan: Plan, spec: DeploymentSpec, account: Account) -> None:
        objects = {each.kind.rpartition("/")[2]: each.body for each in target.render(spec)}
        scaled = objects["ScaledObject"]["spec"]
        self._plan, self._account = plan, account
        self._queue = scaled["triggers"][0]["metadata"]["queueName"]
        self._host_id = _setting(objects["Deployment"], "AzureFunctionsWebHost__hostid")
        self.hour = Hour(rule=Rule.of(scaled))
        self._replicas: list[Replica] = []
        self._leaving: set[asyncio.Task[None]] = set()

    async def live(self) -> None:
        by_queue, by_blobs = Autoscaler(self.hour.rule), Autoscaler(self.hour.rule)
        loading = asyncio.create_task(self._load())
        self._scale(by_queue.replicas)
        now = asyncio.get_running_loop().time
        while now() < self._plan.seconds:
            await asyncio.sleep(SYNC)
            queued = await self._account.queues.count(self._queue)
            inputs = len(self._account.blobs.containers.get("input", {}))
            self._scale(by_queue.look(now(), queued))
            self.hour.looks.append(
                Look(
                    minute=now() / 60, inputs=inputs, answered=len(self.hour.runs), queued=queued,
                    replicas=len(self._replicas), by_blobs=by_blobs.look(now(), inputs),
                )
            )  # fmt: skip
        await loading
        self._scale(0)
        await asyncio.gather(*self._leaving)

    async def _load(self) -> None:
        for load in self._plan.loads:
            count = round(load.minutes * load.per_minute)
            for _ in range(count):
                self.hour.written += 1
                await self._account.put(f"{self.hour.written}.json")
                await asyncio.sleep(60 / load.per_minute)
            if not count:
                await asyncio.sleep(load.minutes * 60)

    def _scale(self, wanted: int) -> None:
        while len(self._replicas) < wanted:
            one = Replica(self._account, self._host_id, self._plan.seconds_per_blob, self.hour.runs)
            self._replicas.append(one)
        while len(self._replicas) > wanted:
            # The newest goes first, as a ReplicaSet has it.
            self._leaving.add(asyncio.create_task(self._replicas.pop().end()))


def _setting(deployment: dict, name: str) -> str:
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return next(each["value"] for each in container["env"] if each["name"] == name)


def run(plan: Plan, spec: DeploymentSpec | None = None) -> Hour:
    """The hour, with the rule and the queue's name that the deployment's documents have."""
    account = Account()
    account.blobs.longest_pause = 2.0
    begun = account.clock.now

    def moved(seconds: float) -> None:
        account.clock.now = begun + timedelta(seconds=seconds)

    async def work() -> Hour:
        cluster = Cluster(plan, spec or cluster_spec(), account)
        await cluster.live()
        return cluster.hour

    return run_in_virtual_time(work(), moved)


def broken_promises(plan: Plan, hour: Hour) -> list[str]:
    """What must be so: all answered once, up with each rush, down after it though every input is still there."""
    broken = []
    if len(hour.runs) != hour.written or set(hour.runs.values()) != {1}:
        broken.append(f"{len(hour.runs)} of {hour.written} blobs are answered, some {max(hour.runs.values())} times.")
    ends = list(itertools.accumulate(each.minutes for each in plan.loads))
    for load, start, end in zip(plan.loads, [0.0, *ends], ends, strict=False):
        needed = load.per_minute / 60 * plan.seconds_per_blob
        if needed > 1 and hour.most(start, end) < needed:
            broken.append(
                f"Minute {start:.0f} to {end:.0f} needs {needed:.1f} replicas; there were fewer at all times."
            )
        if load.per_minute == 0 and hour.least(start, end) > hour.rule.least:
            broken.append(f"From minute {start:.0f} to {end:.0f} nothing comes, but the replicas never came down.")
    last = hour.looks[-1]
    if last.inputs != hour.written:
        broken.append("The inputs did not stay.")
    if last.by_blobs <= last.replicas:
        broken.append("A rule by the number of blobs came down, too.")
    return broken


def told(hour: Hour, every: int = 3) -> str:
    """A table for people, a line each few minutes."""
    heads = ["minute", "inputs", "answered", "in the queue", "replicas", "replicas by blob count"]
    rows, due = [], 0.0
    for each in hour.looks:
        if each.minute >= due:
            due += every
            rows.append(
                [
                    f"{each.minute:.0f}",
                    *map(str, (each.inputs, each.answered, each.queued, each.replicas, each.by_blobs)),
                ]
            )
    return table("An hour of load, inputs kept", heads, rows)


def main() -> int:
    hour = run(Plan())
    print(told(hour), flush=True)
    broken = broken_promises(Plan(), hour)
    print(*(broken or ["Every promise was kept."]), sep="\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
