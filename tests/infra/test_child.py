import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra import child
from tests.support.processes import has_ended

pytestmark = pytest.mark.process

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
STARTER = """
import os, pathlib, sys
from infra import child
folder = pathlib.Path(sys.argv[1])
process = child.start(["sleep", "60"], env=dict(os.environ), log=folder / "log", cwd=folder)
print(process.pid, flush=True)
os.kill(os.getpid(), 9)
"""


def start(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    return child.start(command, env=dict(os.environ), log=folder / "log", cwd=folder)


def test_output_of_both_kinds_goes_to_the_log(tmp_path: Path) -> None:
    process = start(["sh", "-c", "echo out; echo err >&2; exit 3"], tmp_path)

    assert process.wait(10) == 3
    assert (tmp_path / "log").read_text() == "out\nerr\n"


def test_environment_and_folder_are_the_ones_given(tmp_path: Path) -> None:
    command = ["sh", "-c", 'echo "$COLOUR $(pwd)"']
    process = child.start(
        command, env={"COLOUR": "red", "PATH": os.environ["PATH"]}, log=tmp_path / "log", cwd=tmp_path
    )
    process.wait(10)

    assert (tmp_path / "log").read_text() == f"red {tmp_path}\n"


def test_stop_asks_gently(tmp_path: Path) -> None:
    process = start(["sleep", "60"], tmp_path)

    assert child.stop(process) in {-signal.SIGTERM, 128 + signal.SIGTERM}


def test_stopping_twice_is_harmless(tmp_path: Path) -> None:
    process = start(["true"], tmp_path)

    assert child.stop(process) == child.stop(process)


def test_stop_kills_what_does_not_listen(tmp_path: Path) -> None:
    process = start([sys.executable, "-c", STUBBORN], tmp_path)
    while "up" not in (tmp_path / "log").read_text():
        assert process.poll() is None
        time.sleep(0.01)

    assert child.stop(process, patience=0.05) == -signal.SIGKILL


def ends(pid: int) -> bool:
    """Is it over in less than five seconds?"""
    deadline = time.monotonic() + 5
    while not has_ended(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return has_ended(pid)


def left_behind(folder: Path, script: str) -> tuple[subprocess.Popen[bytes], int]:
    """A process that has started another one, and that one's number."""
    process = start(["sh", "-c", script], folder)
    while not (text := (folder / "log").read_text()).endswith("\n"):
        time.sleep(0.01)
    return process, int(text)


def test_what_it_started_ends_with_it(tmp_path: Path) -> None:
    process, other = left_behind(tmp_path, "sleep 777 & echo $!; wait")

    child.stop(process)

    assert ends(other)


def test_who_ends_by_himself_leaves_nobody_behind(tmp_path: Path) -> None:
    process, other = left_behind(tmp_path, "trap '' TERM; sleep 777 & echo $!; exit 7")

    while (code := child.ended(process)) is None:
        time.sleep(0.01)

    assert code == 7
    assert ends(other)


@pytest.mark.skipif(sys.platform != "linux", reason="parent-death signals are Linux's")
def test_child_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    starter = subprocess.run(
        [sys.executable, "-c", STARTER, str(tmp_path)], capture_output=True, text=True, check=False
    )
    pid = int(starter.stdout)

    assert starter.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 10
    while not has_ended(pid):
        assert time.monotonic() < deadline, f"process {pid} outlived its starter"
        time.sleep(0.01)
