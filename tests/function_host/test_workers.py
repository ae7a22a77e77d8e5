"""Processes are made, watched, replaced and drained: seen from outside, by a program that makes some."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.processes import has_ended

pytestmark = pytest.mark.process

PROGRAM = """
import os, select, signal, sys, time
from function_host.workers import Worker, Workers

def work(worker: Worker) -> int:
    {before}
    drained = []
    signal.signal(signal.SIGTERM, lambda *_: drained.append(1))
    worker.ready({{"pid": os.getpid()}})
    while not drained and not select.select([worker.lifeline], [], [], 0.01)[0]:
        pass
    return 7

workers = Workers({count}, work, ended=lambda pid: print("ended", pid, file=sys.stderr, flush=True))
print("code", workers.run(lambda reports: print(*(r["pid"] for r in reports), flush=True)), flush=True)
"""


def program(count: int = 2, before: str = "pass") -> subprocess.Popen[str]:
    text = PROGRAM.format(count=count, before=before)
    return subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def pids(process: subprocess.Popen[str]) -> list[int]:
    found = [int(word) for word in process.stdout.readline().split()]
    assert found, process.stderr.read()
    return found


def until(what) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_drains_every_process_and_sets_the_exit_code(number, code):
    with program(3) as process:
        workers = pids(process)
        assert len(set(workers)) == 3
        process.send_signal(number)
        assert process.stdout.read() == f"code {code}\n"
    assert all(has_ended(pid) for pid in workers)


def test_a_process_that_dies_is_replaced():
    with program() as process:
        first, second = pids(process)
        os.kill(first, signal.SIGKILL)
        until(lambda: len(set(children(process.pid)) - {first}) == 2)
        assert second in children(process.pid)
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=20)
    assert f"Worker {first} ended (SIGKILL)" in log
    assert f"ended {first}\n" in log
    assert f"ended {second}\n" in log


def test_processes_end_with_their_maker():
    with program() as process:
        workers = pids(process)
        process.kill()
        until(lambda: all(has_ended(pid) for pid in workers))


def test_one_that_cannot_start_ends_all_with_its_exit_code():
    with program(before="return 5") as process:
        out, _ = process.communicate(timeout=20)
    assert out == "code 5\n"


def test_what_a_process_raises_is_in_the_log():
    with program(count=1, before="1 / 0") as process:
        out, log = process.communicate(timeout=20)
    assert out == "code 1\n"
    assert "ZeroDivisionError" in log


def test_a_report_is_what_the_worker_said():
    with program(count=1) as process:
        assert json.loads(process.stdout.readline()) in children(process.pid)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def test_the_end_of_a_worker_is_seen_while_a_process_of_its_own_goes_on():
    forks = "(sys.stdout.close(), os.close(1), time.sleep(60)) if os.fork() == 0 else None"
    with program(count=1, before=f"if worker.is_first: {forks}") as process:
        (first,) = pids(process)
        os.kill(first, signal.SIGKILL)
        until(lambda: set(children(process.pid)) - {first})
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=20)
    assert f"Worker {first} ended (SIGKILL)" in log


def test_what_was_registered_for_the_end_is_run_by_the_process_that_registered_it():
    with program(count=1, before="import atexit; atexit.register(os.write, 1, b'end of a worker ')") as process:
        pids(process)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
    assert out == "end of a worker code 0\n"
