"""The host's numbers in Prometheus' form: how functions run, and what waits for those whose trigger can tell."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from function_host.settings import metrics_enabled
from triggers.contract import Backlog, Event, Executor, FunctionResult

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

_PREFIX = "functions_"
_REFRESH_SECONDS = 2.0
_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


def numbers_folder(shared: Path) -> Path:
    """Where processes that share that folder put their numbers."""
    return shared / "metrics"


def metrics_for(settings: Mapping[str, str], shared: Path | None) -> "Metrics | None":
    """The numbers of a host with those app settings, and that folder of its processes; None if nobody may see any."""
    return Metrics(shared and numbers_folder(shared)) if metrics_enabled(settings) else None


class Metrics:
    """Counts what the functions of one host do; `folder` is where several processes put their numbers together.

    prometheus_client is imported here and not before: whether it counts for several processes is settled by then.
    """

    def __init__(self, folder: Path | None = None) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.backlogs: dict[str, Callable[[], Backlog]] = {}
        """Function -> tells what waits for it."""
        self._folder = folder
        self._given_up: dict[str, int] = {}
        self._registry = own = CollectorRegistry()
        each = ["function"]
        self.executions = Counter(f"{_PREFIX}executions", "Executions that came to an end.", each, registry=own)
        self.failed = Counter(f"{_PREFIX}failed_executions", "Executions that failed.", each, registry=own)
        self.duration = Histogram(
            f"{_PREFIX}execution_duration_seconds", "How long executions took.", each, registry=own, buckets=_BUCKETS
        )
        self.running = Gauge(
            f"{_PREFIX}running_executions", "Executions under way.", each, registry=own, multiprocess_mode="livesum"
        )
        self._pending = Gauge(
            f"{_PREFIX}pending_events", "Events that wait in this instance.", each, registry=own,
            multiprocess_mode="livesum",
        )  # fmt: skip
        self._oldest = Gauge(
            f"{_PREFIX}oldest_pending_event_seconds", "Age of the oldest event known to wait; 0 when none does.", each,
            registry=own, multiprocess_mode="livemax",
        )  # fmt: skip
        self._queued = Gauge(
            f"{_PREFIX}queued_events", "About how many events are in the queue that instances and functions share.",
            registry=own, multiprocess_mode="livemax",
        )  # fmt: skip
        self._poisoned = Counter(f"{_PREFIX}poisoned_events", "Events that were given up.", each, registry=own)
        self._looking = Gauge(
            f"{_PREFIX}looks_for_events", "1 on the instance that looks for new events.", each, registry=own,
            multiprocess_mode="livemax",
        )  # fmt: skip

    def tell_script(self, imported: float, initialized: float) -> None:
        """How many seconds the scoring script of the app took to start."""
        from prometheus_client import Gauge

        for name, words, seconds in (
            ("script_import_seconds", "How long the import of the scoring script took.", imported),
            ("script_init_seconds", "How long init() of the scoring script took.", initialized),
        ):
            Gauge(f"{_PREFIX}{name}", words, registry=self._registry, multiprocess_mode="max").set(seconds)

    def counted(self, function: str, executor: Executor) -> Executor:
        """`executor`, with its executions counted under the function's name."""
        return _Counted(function, executor, self)

    def text(self) -> bytes:
        """Everything, as it is now; what other processes tell is some seconds old."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        self.refresh()
        shown = CollectorRegistry()
        several = MultiProcessCollector(None, path=str(self._folder)) if self._folder is not None else None  # type: ignore[no-untyped-call]  # because the library has none
        shown.register(_Shown(several.collect if several is not None else self._registry.collect))
        return generate_latest(shown)

    def refresh(self) -> None:
        """Ask the listeners what waits."""
        queued = 0
        for function, ask in self.backlogs.items():
            backlog = ask()
            queued = max(queued, backlog.queued)
            age = (datetime.now(UTC) - backlog.oldest).total_seconds() if backlog.oldest else 0.0
            self._pending.labels(function).set(backlog.pending)
            self._oldest.labels(function).set(max(age, 0.0))
            self._looking.labels(function).set(backlog.is_looking)
            self._poisoned.labels(function).inc(backlog.given_up - self._given_up.get(function, 0))
            self._given_up[function] = backlog.given_up
        if self.backlogs:
            self._queued.set(queued)

    async def refresh_forever(self) -> None:
        """So that whichever process is asked can tell what waits in this one."""
        try:
            while True:
                self.refresh()
                await asyncio.sleep(_REFRESH_SECONDS)
        finally:
            self.refresh()

    def forget(self, process: int) -> None:
        """That process has ended: what it did still counts, what it was doing does not."""
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(process, str(self._folder))  # type: ignore[no-untyped-call]  # because the library has none


class _Counted:
    """An Executor around another one."""

    def __init__(self, function: str, executor: Executor, metrics: Metrics) -> None:
        self._executor = executor
        self._executions = metrics.executions.labels(function)
        self._failed = metrics.failed.labels(function)
        self._duration = metrics.duration.labels(function)
        self._running = metrics.running.labels(function)

    async def execute(self, event: Event) -> FunctionResult:
        self._running.inc()
        started = time.perf_counter()
        succeeded = False
        try:
            result = await self._executor.execute(event)
            succeeded = result.succeeded
            return result
        finally:
            self._running.dec()
            self._duration.observe(time.perf_counter() - started)
            self._executions.inc()
            if not succeeded:
                self._failed.inc()


class _Shown:
    """What of a collection is told to everybody: the host's own numbers, but not an app's, nor when each was made."""

    def __init__(self, collect: Callable[[], Iterable[Any]]) -> None:
        self._collect = collect

    def collect(self) -> Iterator[Any]:
        for metric in self._collect():
            if metric.name.startswith(_PREFIX):
                metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
                yield metric
