import os
import signal
import subprocess
import sys
import threading

import pytest

from packager.cli.signals import Ended, end_as_interrupted

WORKS = """
import pathlib, sys, tempfile, time
import typer
from packager.cli.main import RootCommand

app = typer.Typer(cls=RootCommand)
app.callback()(lambda: None)

@app.command()
def work(folder: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder):
        print("works", flush=True)
        time.sleep(60)

app()
"""


@pytest.mark.process
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_command_that_is_told_to_end_puts_its_things_away(tmp_path, number, code):
    command = [sys.executable, "-c", WORKS, "work", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "works\n"
        assert [*tmp_path.iterdir()]

        process.send_signal(number)

        assert (process.wait(10), process.stderr.read()) == (code, "")
    assert not [*tmp_path.iterdir()]


def test_whoever_asks_twice_does_not_disturb():
    put_away = []

    def work() -> None:
        with end_as_interrupted():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            finally:
                os.kill(os.getpid(), signal.SIGHUP)
                put_away.append("all")

    with pytest.raises(Ended) as caught:
        work()

    assert (caught.value.exit_code, put_away) == (143, ["all"])
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_what_somebody_takes_is_left_to_him():
    heard = []
    before = signal.signal(signal.SIGHUP, lambda *_: heard.append("hang-up"))
    try:
        with end_as_interrupted():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert heard == ["hang-up"]


@pytest.mark.process
def test_a_fork_just_ends():
    with end_as_interrupted():
        pid = os.fork()
        if not pid:
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGTERM


def test_other_threads_take_no_signals():
    done = []

    def work() -> None:
        with end_as_interrupted():
            done.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert done == [signal.SIG_DFL]
