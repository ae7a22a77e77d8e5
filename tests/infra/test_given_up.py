"""infra.given_up; how dead letters are read is tested in test_dead_letters.py"""

from pathlib import Path

import pytest

from infra.app_settings import CONNECTIONS
from infra.errors import InvalidRunRequest, NoSuchFailure
from infra.given_up import given_up, replay_given_up, show_given_up
from tests.support import failed

pytestmark = pytest.mark.process

LETTER = "in/$DeadLetterQueue/7"
WITH_A_QUEUE = """
@app.service_bus_queue_trigger(arg_name="m", queue_name="in", connection="Bus")
def four(m: func.ServiceBusMessage) -> None: ...
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in CONNECTIONS:
        monkeypatch.delenv(name, raising=False)
    app = failed.app_folder(tmp_path)
    failed.record(app, "one", "input/a.txt")
    return app


def test_an_app_without_a_queue_has_blobs_alone(app: Path) -> None:
    assert [one.name for one in given_up(app)] == ["input/a.txt"]
    assert replay_given_up(app).names == ["input/a.txt"]
    assert [one.name for one in show_given_up(app, "input/a.txt")] == ["input/a.txt"]


def test_blobs_are_listed_where_messages_cannot_be(app: Path) -> None:
    (app / "function_app.py").write_text(failed.FUNCTION_APP + WITH_A_QUEUE)
    told: list[str] = []

    assert [one.name for one in given_up(app, told=told.append)] == ["input/a.txt"]
    assert "Messages are not listed" in told[0]
    assert "'Bus'" in told[0]


def test_nothing_is_asked_for_unless_all_can_be(app: Path) -> None:
    (app / "function_app.py").write_text("raise RuntimeError('no model today')")

    with pytest.raises(InvalidRunRequest, match="no model today"):
        replay_given_up(app)
    assert failed.asked(app) == []


def test_a_message_of_no_such_name_is_refused(app: Path) -> None:
    with pytest.raises(NoSuchFailure, match="DeadLetterQueue/7"):
        show_given_up(app, LETTER)
    with pytest.raises(NoSuchFailure, match="DeadLetterQueue/7"):
        replay_given_up(app, [LETTER, "input/a.txt"])
    assert failed.asked(app) == []
