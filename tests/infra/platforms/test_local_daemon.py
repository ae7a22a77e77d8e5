import fcntl
import os
import threading
from pathlib import Path

import pytest

from infra.errors import PlatformUnavailable
from infra.platforms import local_daemon as module
from infra.platforms.local_daemon import Daemon, alone, announce

MODULE = "daemon_of_a_test"
PROGRAM = """
import signal, sys
from pathlib import Path
from infra.platforms.local_daemon import alone, announce
folder = Path(sys.argv[1])
print("I begin", flush=True)
if (folder / "broken").exists():
    sys.exit("I cannot")
if (folder / "stubborn").exists():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
with alone("daemon_of_a_test", folder):
    announce("daemon_of_a_test", folder, {"colour": "red"})
    signal.pause()
"""


@pytest.fixture
def daemon(tmp_path, monkeypatch):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / f"{MODULE}.py").write_text(PROGRAM)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "code"))
    (tmp_path / "place").mkdir()
    made = Daemon(MODULE, tmp_path / "place")
    yield made
    made.stop(patience=0)


@pytest.mark.process
def test_it_is_started_once_and_found_by_others(daemon, tmp_path):
    assert (daemon.runs(), daemon.details()) == (False, {})

    first = daemon.start()
    second = Daemon(MODULE, tmp_path / "place").start()

    assert first == second
    assert first["colour"] == "red"
    assert os.getsid(first["pid"]) == first["pid"]
    assert daemon.log.read_text() == "I begin\n"
    assert Daemon(MODULE, tmp_path / "place").stop() is True
    assert (daemon.runs(), daemon.stop()) == (False, False)


@pytest.mark.process
def test_one_that_cannot_start_says_why(daemon, tmp_path):
    (tmp_path / "place" / "broken").touch()

    with pytest.raises(PlatformUnavailable, match=r"did not start; it said: I begin\nI cannot"):
        daemon.start()


@pytest.mark.process
def test_one_that_does_not_listen_is_killed(daemon, tmp_path):
    (tmp_path / "place" / "stubborn").touch()
    daemon.start()

    assert daemon.stop(patience=0) is True
    assert not daemon.runs()


def test_a_second_one_ends_at_once(tmp_path):
    with alone(MODULE, tmp_path):
        announce(MODULE, tmp_path, {})
        with pytest.raises(SystemExit, match="Another daemon_of_a_test"), alone(MODULE, tmp_path):
            pass
    assert not (tmp_path / f"{MODULE}.json").exists()


@pytest.mark.process
def test_it_starts_without_what_it_must_not_have(daemon, monkeypatch):
    monkeypatch.setenv("A_SECRET", "hunter2")

    found = daemon.start(without=["A_SECRET"])

    assert b"hunter2" not in Path(f"/proc/{found['pid']}/environ").read_bytes()


def test_somebody_who_asks_is_not_in_the_way(tmp_path):
    with (tmp_path / f"{MODULE}.lock").open("w") as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        assert not Daemon(MODULE, tmp_path).runs()
        threading.Timer(0.1, lambda: fcntl.flock(asking, fcntl.LOCK_UN)).start()
        with alone(MODULE, tmp_path):
            assert Daemon(MODULE, tmp_path).runs()


@pytest.mark.process
def test_one_whose_start_is_given_up_ends(daemon, monkeypatch):
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    before = _children()
    monkeypatch.setattr(module.time, "sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        daemon.start()

    assert _children() <= before
    assert not daemon.runs()


def _children() -> set[str]:
    """Of this process, which may have some of other tests."""
    found = (each.read_text().split() for each in Path("/proc/self/task").glob("*/children"))
    return {pid for pids in found for pid in pids}
