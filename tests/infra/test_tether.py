import os
import subprocess
import sys

import pytest

from infra import tether

pytestmark = pytest.mark.process


def run(parent: int, *command: str) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-I", "-S", tether.__file__, str(parent), *command]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def test_it_becomes_the_command() -> None:
    done = run(os.getpid(), "sh", "-c", "echo $PPID; exit 7")

    assert (done.returncode, done.stdout) == (7, f"{os.getpid()}\n")


def test_it_refuses_when_its_parent_is_gone_already() -> None:
    done = run(1 if os.getpid() != 1 else 2, "echo", "never")

    assert done.returncode == 1
    assert done.stdout == ""
    assert "has ended already" in done.stderr
