"""infra.status_command"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from infra import status_command
from infra.app_settings import CONNECTIONS
from infra.app_status import AppStatus, FunctionStatus
from infra.status_command import describe_status
from tests.support import failed

NUMBERS = {
    "executions_total": 40.0, "failed_executions_total": 2.0, "running_executions": 1.0, "pending_events": 5.0,
    "poisoned_events_total": 1.0, "looks_for_events": 1.0, "oldest_pending_event_seconds": 3.14,
}  # fmt: skip


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in CONNECTIONS:
        monkeypatch.delenv(name, raising=False)
    app = failed.app_folder(tmp_path)
    failed.record(app, "one", "input/a.txt")
    failed.put(failed.storage_of(app) / "input" / "b.txt", "x")
    return app


def packager(*arguments: object) -> Result:
    root = typer.Typer()
    root.callback()(lambda: None)
    status_command.register(root)
    return CliRunner().invoke(root, [str(one) for one in arguments])


@pytest.mark.process
def test_people_read_it_in_lines(app: Path) -> None:
    shown = packager("status", app, "--count").stdout

    assert "(host id my-app, no host tells numbers)" in shown
    assert (
        "one at input/{name}.txt\n    searched until  nowhere yet\n    not begun       1\n    given up        1"
        in shown
    )


@pytest.mark.process
def test_programs_read_json(app: Path) -> None:
    document = json.loads(packager("status", app, "--json").stdout)

    assert document["host_id"] == failed.HOST_ID
    assert [(one["name"], one["given_up"], one["pending"]) for one in document["functions"]] == [
        ("one", 1, None), ("two", 0, None),
    ]  # fmt: skip


def test_what_a_running_host_tells_is_shown() -> None:
    function = FunctionStatus(
        name="f", path="input/{n}", searched_until=datetime(2024, 5, 1, 8, tzinfo=UTC), given_up=1, poison_messages=2,
        numbers=NUMBERS,
    )  # fmt: skip
    shown = describe_status(
        AppStatus(app=Path("app"), host_id="h", url="http://a", queued=3, functions=(function,))
    ).splitlines()  # fmt: skip

    assert shown == [
        "app (host id h, with the numbers of http://a)",
        "  control queue     about 3 blobs",
        "",
        "  f at input/{n}",
        "    searched until  2024-05-01 08:00:00Z",
        "    given up        1 (about 2 messages in the poison queue)",
        "    this host       40 executions, 2 failed, 1 running, 5 waiting in it, 1 given up; looks for blobs",
        "    oldest waits    3.1 s",
    ]
