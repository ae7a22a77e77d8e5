"""A schedule says that it is time."""

import asyncio
import contextlib
import json
import logging
import uuid
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Protocol

import azure.functions as func

from triggers.blob_account import HOST_SETTING, host_account, open_account
from triggers.blob_receipts import CONTAINER
from triggers.contract import Event, Executor, Handler, HandRun, Listener, ListenerContext, TriggerAdapter
from triggers.errors import ConnectionNotConfigured, InvalidOptions, SourceUnavailable
from triggers.lease import FileLease, Lease, Unshared, while_held
from triggers.schedule import Schedule, local_zone, parse_schedule
from triggers.timer_status import BlobStatuses, MemoryStatuses, TimerStatus, TimerStatuses, resumed

_log = logging.getLogger(__name__)

# A clock that is set by hand meanwhile is noticed after this long.
_LONGEST_SLEEP = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerOptions:
    """When a scoring script runs by itself."""

    schedule: str = "0 0 * * * *"
    """An NCRONTAB expression of five or six fields, or an interval `hh:mm:ss`; the default is every full hour."""
    run_on_startup: bool = False
    """Also run at every start of the host."""

    def __post_init__(self) -> None:
        if not isinstance(self.schedule, str) or not self.schedule.strip():
            raise InvalidOptions(f"The timer's schedule is {self.schedule!r}; write one such as '0 */5 * * * *'.")
        if "%" not in self.schedule:
            parse_schedule(self.schedule, UTC)

    def declare(self, app: func.FunctionApp, handler: Handler) -> None:
        """Add the function `score_timer` to the app; the script gets `{"past_due": ...}`."""

        @app.function_name("score_timer")
        @app.timer_trigger(arg_name="timer", schedule=self.schedule, run_on_startup=self.run_on_startup)
        async def score_timer(timer: func.TimerRequest) -> None:
            await handler.handle(json.dumps({"past_due": timer.past_due}).encode())


class Clock(Protocol):
    """The time, and waiting for it."""

    def now(self) -> datetime:
        """In UTC."""
        ...

    async def sleep_until(self, moment: datetime) -> None:
        """Return at `moment`, never before."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep_until(self, moment: datetime) -> None:
        while (left := (moment - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 - time sets no asyncio.Event
            await asyncio.sleep(min(left, _LONGEST_SLEEP))


class TimerListener:
    """Runs the function at every occurrence, one run after the other, while this instance holds the lease."""

    def __init__(  # noqa: PLR0913 - one argument per part that tests replace
        self, executor: Executor, schedule: Schedule, *, name: str, lease: Lease | None = None,
        statuses: TimerStatuses | None = None, run_on_startup: bool = False, clock: Clock | None = None,
    ) -> None:  # fmt: skip
        self._executor = executor
        self._schedule = schedule
        self._name = name
        self._lease = lease or Unshared()
        self._statuses = statuses
        self._run_on_startup = run_on_startup
        self._clock = clock or SystemClock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to wait for the lease and the time."""
        self._task = asyncio.create_task(while_held(self._lease, self._fire_in_time, name=self._name))

    async def stop(self) -> None:
        """Fire no more; return when a run on its way has ended."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._statuses is not None:
            await self._statuses.close()

    async def _fire_in_time(self) -> None:
        now = self._clock.now()
        found = await self._statuses.read() if self._statuses else None
        status = resumed(found, self._schedule, now)
        if self._statuses and status != found:
            await self._statuses.write(status)
        past_due = now > status.next
        if past_due or self._run_on_startup:
            status = await _finished(self._fire(status, past_due=past_due))
        while True:
            await self._clock.sleep_until(status.next)
            status = await _finished(self._fire(status, past_due=False))

    async def _fire(self, status: TimerStatus, *, past_due: bool) -> TimerStatus:
        """Run the function once and tell what comes next, counted from when this run began."""
        at = self._clock.now()
        document = status.document(self._schedule.zone) if self._statuses else None
        event = tick(document, past_due=past_due)
        try:
            await self._executor.execute(event)
        except Exception:
            # One occurrence that fails must not keep the next ones from coming.
            _log.exception("%s: the executor raised for event %s.", self._name, event.id)
        following = TimerStatus(last=at, next=self._schedule.next_after(at), updated=at)
        if self._statuses:
            try:
                await self._statuses.write(following)
            except SourceUnavailable as error:
                _log.warning("%s: the timer's status could not be kept: %s", self._name, error)
        return following


def tick(status: Mapping[str, object] | None = None, *, past_due: bool = False) -> Event:
    """The event that it is time, with the timer's status if one is kept."""
    data = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due}
    return Event(id=str(uuid.uuid4()), data=data, metadata={"TimerTrigger": json.dumps(data)})


async def tick_by_hand(_: HandRun) -> Event:
    """A tick in time, whatever the text says."""
    return tick()


async def _finished(run: Awaitable[TimerStatus]) -> TimerStatus:
    """The run's status; being cancelled waits for the end of the run first."""
    running = asyncio.ensure_future(run)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait((running,))
        raise


def listen(context: ListenerContext) -> Listener:
    """The listener of one timerTrigger binding; raises InvalidOptions or ConnectionNotConfigured."""
    try:
        schedule = parse_schedule(context.binding.option("schedule"), local_zone(context.settings))
    except ImportError as missing:
        raise ConnectionNotConfigured(
            f"The timer of function {context.function!r} needs {missing.name!r}, which is not installed; "
            "install functions-packager[timer]."
        ) from missing
    lease, statuses = _shared(context, schedule)
    is_monitored = not schedule.is_frequent and _flag(context, "useMonitor", default=True)
    return TimerListener(
        context.executor,
        schedule,
        name=f"the timer of {context.function}",
        lease=lease,
        statuses=statuses if is_monitored else None,
        run_on_startup=_flag(context, "runOnStartup", default=False),
    )


def _shared(context: ListenerContext, schedule: Schedule) -> tuple[Lease, TimerStatuses]:
    """What the instances of an app share through the host's account, if it has one."""
    connection = host_account(context.settings, wanted_by=f"the timer of {context.function!r}")
    if connection is None:
        _tell_that_nothing_is_shared()
        name = f"{context.host_id}.{context.function}.lock"
        return Unshared() if context.shared is None else FileLease(context.shared / name), MemoryStatuses()
    account = open_account(connection)
    lock = f"locks/{context.host_id}/Host.Functions.{context.function}.Listener"
    statuses = BlobStatuses(account.blobs, host_id=context.host_id, function=context.function, zone=schedule.zone)
    return account.lease(CONTAINER, lock, context.lease_times), statuses


@cache
def _tell_that_nothing_is_shared() -> None:
    _log.warning(
        "The app setting %r is not set: every instance fires its timers, and what is missed while the host is down "
        "is not caught up with.",
        HOST_SETTING,
    )


def _flag(context: ListenerContext, key: str, *, default: bool) -> bool:
    value = context.binding.options.get(key)
    if value is None or value == "":
        return default
    if str(value).lower() not in ("true", "false"):
        raise InvalidOptions(f"{key} of the timer of function {context.function!r} is {value!r}; write true or false.")
    return str(value).lower() == "true"


adapter = TriggerAdapter(
    name="timer",
    binding_type="timerTrigger",
    extension="timers",
    options=TimerOptions,
    listen=listen,
    extras=("timer", "blob"),
    event_of=tick_by_hand,
)
