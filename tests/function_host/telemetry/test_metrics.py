import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from function_host.telemetry.metrics import Metrics, metrics_for
from triggers.contract import Backlog, Event, FunctionResult

EVENT = Event(id="1", data=None)


class Given:
    """An Executor with a given result."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.go = asyncio.Event()
        self.go.set()

    async def execute(self, event: Event) -> FunctionResult:
        await self.go.wait()
        return FunctionResult(error=self.error)


def lines(metrics: Metrics) -> list[str]:
    return metrics.text().decode().splitlines()


async def test_executions_and_failures_are_counted():
    metrics = Metrics()
    await metrics.counted("good", Given()).execute(EVENT)
    bad = metrics.counted("bad", Given(ValueError()))
    for _ in range(2):
        await bad.execute(EVENT)
    told = lines(metrics)
    assert 'functions_executions_total{function="good"} 1.0' in told
    assert 'functions_failed_executions_total{function="good"} 0.0' in told
    assert 'functions_failed_executions_total{function="bad"} 2.0' in told
    assert 'functions_execution_duration_seconds_count{function="bad"} 2.0' in told
    assert not [line for line in told if "_created" in line]


async def test_what_runs_now_is_told_and_one_cut_off_has_failed():
    metrics, executor = Metrics(), Given()
    executor.go.clear()
    running = asyncio.create_task(metrics.counted("f", executor).execute(EVENT))
    await asyncio.sleep(0)
    assert 'functions_running_executions{function="f"} 1.0' in lines(metrics)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert 'functions_running_executions{function="f"} 0.0' in lines(metrics)
    assert 'functions_failed_executions_total{function="f"} 1.0' in lines(metrics)


def test_what_waits_is_asked_for_each_time():
    metrics = Metrics()
    old = datetime.now(UTC) - timedelta(seconds=60)
    metrics.backlogs["f"] = lambda: Backlog(pending=3, oldest=old, queued=7, given_up=2, is_looking=True)
    metrics.backlogs["g"] = lambda: Backlog(oldest=datetime.now(UTC) + timedelta(seconds=60))
    metrics.text()
    told = lines(metrics)
    assert 'functions_pending_events{function="f"} 3.0' in told
    assert [line for line in told if line.startswith('functions_oldest_pending_event_seconds{function="f"} 60.')]
    assert 'functions_oldest_pending_event_seconds{function="g"} 0.0' in told
    assert 'functions_poisoned_events_total{function="f"} 2.0' in told
    assert 'functions_looks_for_events{function="f"} 1.0' in told
    assert "functions_queued_events 7.0" in told


def test_a_setting_switches_it_off(tmp_path):
    assert metrics_for({"FUNCTIONS_METRICS_ENABLED": "False"}, None) is None
    assert metrics_for({}, None) is not None


SEVERAL = """
import asyncio, os, sys
from pathlib import Path
from function_host.settings import share_metrics
from function_host.telemetry.metrics import Metrics, numbers_folder
from triggers.contract import Backlog, Event, FunctionResult

class Given:
    async def execute(self, event):
        return FunctionResult()

def work(number):
    import prometheus_client
    prometheus_client.Counter("of_the_app", "x").inc()
    asyncio.run(metrics.counted("f", Given()).execute(Event(id="1", data=None)))
    metrics.backlogs["f"] = lambda: Backlog(pending=number, given_up=1, is_looking=number == 1)
    metrics.refresh()
    if number == 2:
        metrics.running.labels("f").inc()

shared = Path(sys.argv[1])
share_metrics(numbers_folder(shared))
metrics = Metrics(numbers_folder(shared))
for number in (1, 2):
    pid = os.fork()
    if pid == 0:
        work(number)
        os._exit(0)
    os.waitpid(pid, 0)
print(metrics.text().decode())
print("forgotten")
metrics.forget(pid)
print(metrics.text().decode())
"""


@pytest.fixture
def told_by_two(tmp_path) -> list[list[str]]:
    """What two processes tell; and what is told once the second, which ended in the middle of a run, is forgotten."""
    command = [sys.executable, "-c", SEVERAL, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [part.splitlines() for part in done.stdout.split("forgotten")]


@pytest.mark.process
def test_one_answer_is_the_sum_of_all_processes(told_by_two):
    both, one = told_by_two
    assert 'functions_executions_total{function="f"} 2.0' in both
    assert 'functions_poisoned_events_total{function="f"} 2.0' in both
    assert 'functions_pending_events{function="f"} 3.0' in both
    assert 'functions_looks_for_events{function="f"} 1.0' in both
    assert 'functions_running_executions{function="f"} 1.0' in both
    assert not [line for line in both if "of_the_app" in line]
    assert 'functions_executions_total{function="f"} 2.0' in one
    assert 'functions_pending_events{function="f"} 1.0' in one
    assert 'functions_running_executions{function="f"} 0.0' in one
    assert not [line for line in one if "pid=" in line]


async def test_a_process_tells_of_itself_until_it_ends():
    metrics = Metrics()
    given_up = iter(range(10))
    metrics.backlogs["f"] = lambda: Backlog(given_up=next(given_up))
    refreshing = asyncio.create_task(metrics.refresh_forever())
    await asyncio.sleep(0)
    assert next(given_up) == 1
    refreshing.cancel()
    await asyncio.gather(refreshing, return_exceptions=True)
    assert next(given_up) == 3


def test_how_long_the_script_took_to_start():
    metrics = Metrics()
    metrics.tell_script(1.5, 0.25)

    assert {"functions_script_import_seconds 1.5", "functions_script_init_seconds 0.25"} <= set(lines(metrics))
