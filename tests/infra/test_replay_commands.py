"""infra.replay_commands"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from infra import replay_commands
from infra.app_settings import CONNECTIONS
from infra.errors import InvalidRunRequest, NoSuchFailure
from tests.support import failed


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in CONNECTIONS:
        monkeypatch.delenv(name, raising=False)
    app = failed.app_folder(tmp_path)
    failed.record(app, "one", "input/a.txt")
    failed.record(app, "one", "input/b.txt", time="")
    return app


def packager(*arguments: object) -> Result:
    root = typer.Typer()
    replay_commands.register(root)
    return CliRunner().invoke(root, [str(one) for one in arguments])


def test_a_replay_needs_a_selection(app: Path) -> None:
    result = packager("replay", app)

    assert isinstance(result.exception, InvalidRunRequest)
    assert result.exception.exit_code == 3


def test_a_dry_run_shows_names_and_count(app: Path) -> None:
    result = packager("replay", app, "--failed", "--dry-run")

    assert result.stdout == "input/a.txt\ninput/b.txt\n2 blobs would run again.\n"
    assert failed.asked(app) == []


def test_a_replay_says_its_id(app: Path) -> None:
    result = packager("replay", app, "--failed", "--match", "a*", "--json")

    document = json.loads(result.stdout)
    assert (document["count"], document["names"], document["dry_run"]) == (1, ["input/a.txt"], False)
    assert [one.replay for one in failed.asked(app)] == [document["id"]]


def test_many_are_not_all_named(app: Path) -> None:
    for number in range(20):
        failed.record(app, "one", f"input/{number}.txt")

    assert "... and 2 more\n22 blobs would" in packager("replay", app, "--failed", "--dry-run").stdout


@pytest.mark.parametrize(
    ("text", "ago"), [("90m", timedelta(minutes=90)), ("2h", timedelta(hours=2)), ("7d", timedelta(days=7))]
)
def test_a_time_may_be_told_as_so_long_ago(text: str, ago: timedelta) -> None:
    moment = replay_commands._time(text)

    assert moment is not None
    assert abs(datetime.now(UTC) - ago - moment) < timedelta(seconds=5)


def test_a_time_may_be_a_moment() -> None:
    assert replay_commands._time("2024-05-01T08:00Z") == datetime(2024, 5, 1, 8, tzinfo=UTC)
    assert replay_commands._time("2024-05-01T08:00") == datetime(2024, 5, 1, 8).astimezone()
    assert packager("replay", "app", "--since", "yesterday").exit_code == 2


@pytest.mark.process
def test_what_was_given_up_is_listed(app: Path) -> None:
    assert packager("poison", "list", app).stdout == (
        "input/a.txt  2024-05-01 08:00:00Z  one  5 attempts  ValueError: bad\n"
        "input/b.txt  -  one  5 attempts  ValueError: bad\n"
    )
    documents = json.loads(packager("poison", "list", app, "--json").stdout)
    assert [(one["function"], one["blob"]) for one in documents] == [("one", "input/a.txt"), ("one", "input/b.txt")]


@pytest.mark.process
def test_what_cannot_be_listed_is_told_after_what_can(app: Path) -> None:
    (app / "function_app.py").write_text("raise RuntimeError('no model today')")
    result = packager("poison", "list", app)

    assert result.exit_code == 3
    assert result.stdout.startswith("input/a.txt")
    assert "Messages are not listed: The functions of " in result.stderr


def test_one_record_is_shown_whole(app: Path) -> None:
    assert json.loads(packager("poison", "show", app, "input/a.txt").stdout)["etag"] == '"0x1"'
    assert isinstance(packager("poison", "show", app, "input/c.txt").exception, NoSuchFailure)


@pytest.mark.process
def test_given_up_blobs_are_replayed_by_name_or_all(app: Path) -> None:
    assert packager("poison", "replay", app).exit_code == 2
    assert packager("poison", "replay", app, "input/a.txt", "--all").exit_code == 2
    assert "1 blob will run again (replay " in packager("poison", "replay", app, "input/b.txt").stdout
    assert "2 blobs will run again" in packager("poison", "replay", app, "--all").stdout
    assert sorted(one.name for one in failed.asked(app)) == ["a.txt", "b.txt", "b.txt"]
