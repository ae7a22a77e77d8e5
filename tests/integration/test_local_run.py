"""`packager run` and `packager invoke` with the real host, a folder and a real Azurite as the storage account."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra import AppRun, invoke, run
from infra.app_run import data_folder, find
from infra.emulators import Azurite
from infra.errors import HostFailed, InvalidRunRequest, InvocationFailed, NotRunning
from tests.support import apps
from tests.support.processes import has_ended

EVENT = b'{"data": [1, 2, 3]}'
ANSWER = {"sum": 6, "ready": True}
BROKEN_INIT = "def init():\n    raise RuntimeError('the model file is gone')\n\n\ndef run(data):\n    return data\n"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return apps.staged(tmp_path)


@contextmanager
def packager_run(app: Path, *options: str) -> Iterator[tuple["subprocess.Popen[str]", AppRun]]:
    """`packager run --json` as a process of its own, once the app takes events."""
    command = [sys.executable, "-m", "packager", "run", str(app), "--json", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, AppRun.from_document(json.loads(process.stdout.readline()))
        finally:
            process.kill()


def wait_for_end(*pids: int) -> None:
    deadline = time.monotonic() + 20
    while not all(has_ended(pid) for pid in pids):
        assert time.monotonic() < deadline, f"one of {pids} still runs"
        time.sleep(0.02)


@pytest.mark.parametrize("trigger", ["http", "blob"])
def test_a_folder_is_the_storage_account(app: Path, trigger: str) -> None:
    with run(app) as running:
        assert json.loads(invoke(running.details, EVENT, trigger=trigger).body) == ANSWER


@pytest.mark.azurite
def test_azurite_is_the_storage_account(app: Path, azurite: Azurite) -> None:
    with run(app, storage="azurite") as running:
        assert azurite.connection_string != running.details.storage
        assert json.loads(invoke(running.details, EVENT, trigger="blob").body) == ANSWER


@pytest.mark.azurite
def test_a_connection_in_the_environment_wins(app: Path, azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setenv("TriggerConnectionString", azurite.connection_string)

    with run(app, echo=heard.append) as running:
        answer = invoke(running.details, EVENT, trigger="blob")

    assert answer.sent_to.startswith(f"http://127.0.0.1:{azurite.blob_port}/")
    assert heard[0] == "Using TriggerConnectionString from the environment.\n"


def test_stop_leaves_nothing_but_the_data(app: Path) -> None:
    with run(app) as running:
        pid = running.details.pid
        assert find(data_folder(app)) == running.details

    assert has_ended(pid)
    with pytest.raises(NotRunning):
        find(data_folder(app))


def test_a_second_run_of_one_app_is_refused(app: Path) -> None:
    with run(app), pytest.raises(InvalidRunRequest, match="Another run keeps its data"):
        run(app)


def test_keys_and_blobs_outlive_a_run(app: Path) -> None:
    with run(app) as first:
        place = invoke(first.details, EVENT, trigger="blob").found_at
    with run(app) as second:
        assert second.details.key == first.details.key
        assert json.loads(Path(place).read_bytes()) == ANSWER


def test_a_run_that_raises_is_an_error_of_the_function(app: Path) -> None:
    with run(app) as running, pytest.raises(InvocationFailed, match="status 500"):
        invoke(running.details, b"no JSON", trigger="http")


def test_a_wrong_key_is_refused(app: Path) -> None:
    with run(app) as running, pytest.raises(NotRunning, match="refuses the function key"):
        invoke(AppRun.from_document({**running.details.as_document(), "key": "wrong"}), EVENT, trigger="http")


def test_a_failing_init_passes_on_the_users_traceback(tmp_path: Path) -> None:
    with pytest.raises(HostFailed) as caught:
        run(apps.staged(tmp_path, BROKEN_INIT))

    assert caught.value.returncode == 5
    assert "RuntimeError: the model file is gone" in caught.value.output


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_signals_stop_command_and_host(app: Path, number: int, code: int) -> None:
    with packager_run(app) as (process, details):
        process.send_signal(number)

        assert process.wait(20) == code
        assert has_ended(details.pid)


@pytest.mark.azurite
@pytest.mark.usefixtures("azurite")
def test_nothing_outlives_a_killed_command(app: Path) -> None:
    with packager_run(app, "--storage", "azurite") as (process, details):
        children = [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
        process.kill()

        assert details.pid in children
        assert len(children) == 2
        wait_for_end(*children)


def test_the_command_ends_with_the_hosts_exit_code(app: Path) -> None:
    with packager_run(app) as (process, details):
        os.kill(details.pid, signal.SIGKILL)

        assert process.wait(20) == 1


@pytest.mark.parametrize("trigger", ["http", "blob"])
def test_invoke_command_prints_the_answer(app: Path, trigger: str) -> None:
    command = [sys.executable, "-m", "packager", "invoke", str(app), "--trigger", trigger, "--file", "-"]
    with run(app):
        done = subprocess.run(command, input=EVENT, capture_output=True, check=True)

    assert json.loads(done.stdout) == ANSWER
