import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.errors import HostFailed
from infra.proof_end import Life, has_ended, sentence_of_start
from tests.support import runs


def ended(code: str) -> subprocess.Popen[bytes]:
    """A process whose end nobody has looked at yet."""
    process = subprocess.Popen([sys.executable, "-c", code])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    return process


@pytest.mark.process
def test_a_process_that_nobody_waited_for_has_ended() -> None:
    with ended("") as process:
        assert has_ended(process.pid)

    assert has_ended(process.pid)
    assert not has_ended(os.getpid())


@pytest.mark.process
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os; os._exit(3)", "ended with exit code 3 while it was asked: "),
        ("import os; os.kill(os.getpid(), 9)", "ended by the signal SIGKILL while it was asked: "),
    ],
)
def test_the_end_is_told_with_its_code_and_the_script(tmp_path: Path, code: str, words: str) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "packager.json").write_text(json.dumps({"entryScript": "score.py"}))
    with subprocess.Popen([sys.executable, "-c", f"input()\n{code}"], stdin=subprocess.PIPE) as process:
        life = Life(runs.app_run(tmp_path, pid=process.pid))
        assert (life.is_over, life.sentence_of_end()) == (False, "")
        process.stdin.write(b"\n")
        process.stdin.flush()

        told = life.sentence_of_end(10)

    assert words in told
    assert f"{tmp_path}/app/azureml-app/score.py ended it in run()" in told


@pytest.mark.process
def test_who_was_never_seen_does_not_end(tmp_path: Path) -> None:
    with ended("") as process:
        life = Life(runs.app_run(tmp_path, pid=process.pid))

    assert (life.is_over, life.sentence_of_end(0.01)) == (False, "")


@pytest.mark.parametrize(
    ("code", "output", "words"),
    [
        (5, "Traceback (most recent call last):\n", "did not start; its host ended with exit code 5."),
        (3, "There is no queue.", "did not start; its host ended with exit code 3."),
        (3, "", "exit code 3 and did not say why: the app's own code ended it while it was imported"),
        (0, "hello", "exit code 0 and did not say why"),
        (-9, "", "by the signal SIGKILL and did not say why"),
    ],
)
def test_a_start_that_failed(tmp_path: Path, code: int, output: str, words: str) -> None:
    assert words in sentence_of_start(HostFailed("", returncode=code, output=output), tmp_path)
