"""Bring a host up, serve until told to stop, and drain: in this process, or in several that share the loaded app."""

import asyncio
import contextlib
import gc
import os
import signal
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from function_host.announcement import Report, announce, report, tell_keys, write_ready_file
from function_host.errors import ConfigError
from function_host.exit_codes import exit_code
from function_host.forking import let_forks_go
from function_host.host import Host
from function_host.settings import load_settings, process_count, share_metrics
from function_host.telemetry.metrics import numbers_folder
from function_host.workers import Worker, Workers

_LAST_MOMENT = 1.0
_INTERRUPTED = 128 + signal.SIGINT
_COLLECTED_AFTER = (700, 10, 10)
"""The interpreter's own thresholds, which `__main__` has raised for the start."""

_Result = TypeVar("_Result")
Ready = Callable[[Host, str], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What the command line asked for."""

    root: Path
    address: str
    port: int
    ready_file: Path | None


def start(wanted: Start) -> int:
    """Run the app in as many processes as `FUNCTIONS_WORKER_PROCESS_COUNT` says, until SIGTERM or Ctrl-C.

    Gives back the exit code: 0 after SIGTERM, 130 after Ctrl-C. Raises HostError, TriggerError and EntryScriptError
    for what keeps the host from starting.
    """
    count = _count(wanted.root)
    return _run(_alone(wanted)) if count == 1 else _together(wanted, count)


async def _alone(wanted: Start) -> int:
    """Signals count from the first moment, also while the app still loads."""
    stopped = _stopped_by_signals()
    host = Host.load(wanted.root)
    return await _serve(host, wanted, stopped, partial(_ready, wanted.ready_file), tells=True)


def _together(wanted: Start, count: int) -> int:
    """The app is loaded once, and what it holds then is shared: a model takes its memory once."""
    for number, code in ((signal.SIGTERM, 0), (signal.SIGINT, _INTERRUPTED)):
        signal.signal(number, lambda *_, code=code: os._exit(code))
    with tempfile.TemporaryDirectory(prefix="functions-") as folder:
        share_metrics(numbers_folder(Path(folder)))
        host = Host.load(wanted.root, shared=Path(folder))
        host.bind(wanted.address, wanted.port)
        host.load_shared()
        _spare_the_loaded()
        workers = Workers(
            count,
            lambda worker: exit_code(lambda: _run(_as_worker(host, wanted, worker))),
            ended=partial(_forget, host),
        )
        return workers.run(partial(_all_ready, wanted.ready_file, host))


async def _as_worker(host: Host, wanted: Start, worker: Worker) -> int:
    stopped = _stopped_by_signals()
    # Whoever is left alone would go on unwatched, and keep the port.
    asyncio.get_running_loop().add_reader(worker.lifeline, _stop, stopped, signal.SIGTERM)

    async def ready(host: Host, url: str) -> None:
        worker.ready(report(host, url))

    refreshing = None if host.metrics is None else asyncio.create_task(host.metrics.refresh_forever())
    try:
        return await _serve(host, wanted, stopped, ready, tells=worker.is_first)
    finally:
        if refreshing is not None:
            refreshing.cancel()


def _forget(host: Host, process: int) -> None:
    if host.metrics is not None:
        host.metrics.forget(process)


async def _serve(host: Host, wanted: Start, stopped: "asyncio.Future[int]", ready: Ready, *, tells: bool) -> int:
    try:
        if not host.is_bound:
            host.bind(wanted.address, wanted.port)
        starting = asyncio.create_task(_bring_up(host, ready, tells=tells))
        await asyncio.wait((starting, stopped), return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await starting
        return await stopped
    finally:
        await host.stop()
        await _cancel_the_rest()


async def _bring_up(host: Host, ready: Ready, *, tells: bool) -> None:
    await host.start_functions()
    if tells:
        host.tell_errors()
    _spare_the_loaded()
    await ready(host, await host.serve())


async def _ready(file: Path | None, host: Host, url: str) -> None:
    known = report(host, url)
    announce(known)
    await tell_keys(host)
    _write(file, known)


def _all_ready(file: Path | None, host: Host, reports: Sequence[Report]) -> None:
    announce(reports[0])
    _run(tell_keys(host))
    _write(file, reports[0])


def _run(work: Coroutine[object, object, _Result]) -> _Result:
    """Like asyncio.run, which would wait for tasks and threads that never end; this process ends by `leave`."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop.run_until_complete(work)


async def _cancel_the_rest() -> None:
    """Tasks that outlived the drain have a moment to see that it is over."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    if rest:
        await asyncio.wait(rest, timeout=_LAST_MOMENT)


def _write(file: Path | None, known: Report) -> None:
    if file is not None:
        write_ready_file(file, {**known, "pid": os.getpid()})


def _stopped_by_signals() -> "asyncio.Future[int]":
    """Its result, the exit code, comes with the first signal."""
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[int] = loop.create_future()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, stopped, number)
    let_forks_go()
    return stopped


def _stop(stopped: "asyncio.Future[int]", number: int) -> None:
    """Drain at the first signal; whoever sends a second one does not want to wait."""
    if stopped.done():
        os._exit(128 + number)
    stopped.set_result(0 if number == signal.SIGTERM else _INTERRUPTED)


def _spare_the_loaded() -> None:
    """What was loaded stays: full collections that walk the model and its libraries would stall requests."""
    gc.freeze()
    gc.set_threshold(*_COLLECTED_AFTER)


def _count(root: Path) -> int:
    try:
        settings = load_settings(root.resolve())
    except ConfigError:
        return 1  # The host says what is wrong with the settings.
    return process_count(settings)
