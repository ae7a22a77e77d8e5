"""triggers.timer"""

import asyncio
from datetime import UTC, datetime, timedelta

import azure.functions as func
import pytest

from triggers import timer
from triggers.contract import Binding, Event, FunctionResult, ListenerContext
from triggers.errors import InvalidOptions, SourceUnavailable
from triggers.schedule import parse_schedule
from triggers.timer import SystemClock, TimerListener, TimerOptions, listen
from triggers.timer_status import MemoryStatuses, TimerStatus

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class FakeClock:
    """A clock that jumps to whatever is waited for, a few times."""

    def __init__(self, jumps: int) -> None:
        self.time, self.jumps = NOON, jumps

    def now(self) -> datetime:
        return self.time

    async def sleep_until(self, moment: datetime) -> None:
        if not self.jumps:
            await asyncio.Event().wait()
        self.jumps -= 1
        self.time = max(self.time, moment)


class Recorder:
    """Notes when it was run; every run takes some time, and may be held up."""

    def __init__(self, clock: FakeClock, takes: timedelta = timedelta()) -> None:
        self.clock, self.takes = clock, takes
        self.runs: list[tuple[str, object]] = []
        self.events: list[Event] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def execute(self, event: Event) -> FunctionResult:
        self.events.append(event)
        self.runs.append((f"{self.clock.time:%H:%M}", event.data["IsPastDue"]))
        self.clock.time += self.takes
        await self.gate.wait()
        return FunctionResult(error=ValueError("a failure changes nothing"))


async def fired(jumps: int, *, takes: timedelta = timedelta(), **options):
    clock = FakeClock(jumps)
    recorder = Recorder(clock, takes)
    listener = TimerListener(recorder, parse_schedule("0 */5 * * * *", UTC), name="t", clock=clock, **options)
    await listener.start()
    for _ in range(50):
        await asyncio.sleep(0)
    await listener.stop()
    return recorder


async def test_it_fires_at_every_occurrence():
    assert (await fired(3)).runs == [("12:05", False), ("12:10", False), ("12:15", False)]


async def test_it_never_overlaps_and_skips_what_a_long_run_missed():
    runs = (await fired(3, takes=timedelta(minutes=12))).runs
    assert runs == [("12:05", False), ("12:17", False), ("12:29", False)]


async def test_it_fires_at_the_start_when_it_is_told_to():
    assert (await fired(1, run_on_startup=True)).runs == [("12:00", False), ("12:05", False)]


async def test_what_was_missed_is_fired_once():
    statuses = MemoryStatuses()
    last = NOON - timedelta(hours=1)
    await statuses.write(TimerStatus(last=last, next=last + timedelta(minutes=5), updated=last))
    recorder = await fired(1, statuses=statuses)
    assert recorder.runs == [("12:00", True), ("12:05", False)]
    assert recorder.events[0].data["ScheduleStatus"]["Next"] == "2026-01-01T11:05:00+00:00"
    assert (await statuses.read()).next == NOON + timedelta(minutes=10)


async def test_without_a_monitor_there_is_no_status():
    assert (await fired(1)).events[0].data == {
        "Schedule": {"AdjustForDST": True}, "ScheduleStatus": None, "IsPastDue": False,
    }  # fmt: skip


class Unwritable(MemoryStatuses):
    async def write(self, status: TimerStatus) -> None:
        if status.last is not None:
            raise SourceUnavailable("The disk is full.")
        await super().write(status)


async def test_a_status_that_cannot_be_kept_stops_nothing(caplog):
    assert len((await fired(2, statuses=Unwritable())).runs) == 2
    assert "could not be kept: The disk is full." in caplog.text


async def test_stopping_waits_for_the_run():
    clock = FakeClock(5)
    recorder = Recorder(clock)
    recorder.gate.clear()
    listener = TimerListener(recorder, parse_schedule("0 */5 * * * *", UTC), name="t", clock=clock)
    await listener.start()
    for _ in range(10):
        await asyncio.sleep(0)
    stopping = asyncio.create_task(listener.stop())
    await asyncio.sleep(0.01)
    assert not stopping.done()
    recorder.gate.set()
    await stopping
    assert len(recorder.runs) == 1


async def test_two_instances_of_one_folder_fire_once(tmp_path):
    account = {"AzureWebJobsStorage": f"folder:{tmp_path}"}
    clock = FakeClock(0)
    recorder = Recorder(clock)
    listeners = [listen(context(recorder, account, schedule="0 0 0 1 1 *", runOnStartup=True)) for _ in range(2)]
    for listener in listeners:
        await listener.start()
    await asyncio.sleep(0.04)
    for listener in listeners:
        await listener.stop()
    assert len(recorder.runs) == 1
    assert (tmp_path / "azure-webjobs-hosts/locks/local/Host.Functions.f.Listener").is_file()


def context(executor, settings, **options) -> ListenerContext:
    binding = Binding(type="timerTrigger", name="t", direction="IN", options=options)
    return ListenerContext(function="f", binding=binding, executor=executor, routes=None, settings=settings)


def test_an_app_without_storage_is_told_once(caplog):
    timer._tell_that_nothing_is_shared.cache_clear()
    for _ in range(2):
        listen(context(None, {}, schedule="0 * * * * *"))
    assert caplog.text.count("'AzureWebJobsStorage' is not set") == 1


@pytest.mark.parametrize("options", [{"schedule": "x"}, {"schedule": "0 * * * * *", "useMonitor": "maybe"}])
def test_bad_options_are_refused(options):
    with pytest.raises(InvalidOptions):
        listen(context(None, {}, **options))


async def test_the_system_clock_waits():
    clock = SystemClock()
    moment = clock.now() + timedelta(milliseconds=20)
    await clock.sleep_until(moment)
    assert clock.now() >= moment


async def test_a_scoring_script_is_told_whether_it_is_late():
    class Script:
        async def handle(self, body: bytes) -> str:
            self.body = body
            return ""

    app, script = func.FunctionApp(), Script()
    TimerOptions(schedule="0 0 9 * * *").declare(app, script)
    (function,) = app.get_functions()
    await function.get_user_function()(func.timer.TimerRequest(past_due=True))
    assert script.body == b'{"past_due": true}'
    with pytest.raises(InvalidOptions, match="has 1 fields"):
        TimerOptions(schedule="daily")
