"""The end of a process, seen from outside."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.process

START = """
import atexit, multiprocessing, os, sys, threading, time
from concurrent.futures import ProcessPoolExecutor
from function_host.leaving import begin_as_copy, leave
atexit.register(lambda: print("handler", os.getpid() == maker))
maker = os.getpid()
"""


def run(text: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-c", START + text], check=False, capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout


def test_handlers_run_and_threads_that_never_end_are_not_waited_for():
    assert run("threading.Thread(target=time.sleep, args=(60,)).start()\nleave(4)") == (4, "handler True\n")


def test_processes_of_a_pool_that_has_nothing_to_do_end_with_their_maker():
    # With more time than the test has: they end because they are told, not because the time is up.
    text = "pool = ProcessPoolExecutor(1)\npool.submit(abs, 1).result()\nleave(4, longest=60)"
    assert run(text) == (4, "handler True\n")


def test_a_process_that_does_not_end_is_ended():
    text = "multiprocessing.Process(target=time.sleep, args=(60,)).start()\nleave(4, longest=0.05)"
    assert run(text)[0] == 4


def test_a_copy_runs_its_own_handlers_alone():
    text = """
pid = os.fork()
if pid == 0:
    begin_as_copy()
    atexit.register(print, "own")
    leave(3)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""
    assert run(text) == (0, "own\n3\nhandler True\n")
