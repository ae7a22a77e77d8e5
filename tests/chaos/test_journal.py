"""The judge of the runs under fire must see what is wrong."""

import json

import pytest

from tests.chaos.journal import Run, broken_promises, missed, runs_of

KILLED, ALIVE = 1, 2
KILLS = {KILLED: 10.0}


def run(event: str, pid: int, begun: float, ended: float | None) -> Run:
    return Run(event=event, pid=pid, begun=begun, ended=ended)


@pytest.mark.parametrize(
    ("first", "is_broken"),
    [
        (run("blob-1", KILLED, 9.5, None), False),
        (run("blob-1", KILLED, 9.0, 9.9), False),
        (run("blob-1", KILLED, 1.0, 2.0), True),
        (run("blob-1", ALIVE, 9.0, 9.9), True),
    ],
)
def test_only_a_run_that_was_cut_down_may_be_followed_by_another(first, is_broken):
    runs = {"blob-1": [first, run("blob-1", ALIVE, 70.0, 71.0)]}
    assert bool(broken_promises(runs, {}, {}, KILLS)) is is_broken


def test_a_frequent_timer_never_runs_twice():
    runs = {"tick-1": [run("tick-1", KILLED, 9.5, None), run("tick-1", ALIVE, 10.5, 11.0)]}
    assert "tick-1 ran twice" in broken_promises(runs, {}, {}, KILLS)[0]


def test_missing_and_wrong_answers_are_named():
    broken = broken_promises({}, {"blob-1": b"1", "blob-2": b"4", "blob-3": b"9"}, {"blob-1": b"1", "blob-2": b"5"}, {})
    assert broken == ["blob-3 has no answer.", "blob-2 has the wrong answer b'5'."]


def test_an_occurrence_may_be_missed_only_under_fire():
    runs = {name: [run(name, ALIVE, 1.0, 1.1)] for name in ("tick-1", "tick-3")}
    assert missed(runs) == ["tick-2"]
    assert broken_promises(runs, {}, {}, KILLS) == []
    assert len(broken_promises(runs, {}, {}, {})) == 1


def test_the_journal_tells_of_each_run(tmp_path):
    lines = [["begun", "blob-1", 1, 5.0], ["begun", "blob-1", 2, 70.0], ["ended", "blob-1", 2, 71.0]]
    (tmp_path / "journal").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert runs_of(tmp_path / "journal") == {"blob-1": [run("blob-1", 1, 5.0, None), run("blob-1", 2, 70.0, 71.0)]}
