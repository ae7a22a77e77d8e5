import pytest

from infra.proof_report import differences, located, not_json, passed_limits, same_answer, traceback_in, untried
from packager.proof import ANSWERED, FAILED, UNTRIED, Limits, Measured, Proof, Tried

LOG = """2026-01-01 10:00:00,000 INFO Host Starting
2026-01-01 10:00:00,001 ERROR Scoring [score_http/1] run() failed
Traceback (most recent call last):
  File "/app/score.py", line 5, in run
    return 1 / 0
ZeroDivisionError: division by zero
2026-01-01 10:00:00,002 ERROR Function.score_blob Failed
Traceback (most recent call last):
  another one
"""


def answered(answer: bytes, function: str = "a") -> Tried:
    return Tried(function=function, trigger="http", state=ANSWERED, answer=answer)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b'{"a": 1, "b": [0.1]}', b'{"b": [0.1000000000001], "a": 1.0}', True),
        (b"[1.0]", b"[1.1]", False),
        (b"[1]", b"[1, 2]", False),
        (b"true", b"1", False),
        (b"NaN", b"NaN", True),
        (b'{"a": null}', b'{"b": null}', False),
        (b'"1"', b"1", False),
        (b"text", b"text", True),
        (b"text", b"other", False),
    ],
)
def test_answers_are_compared_as_json(one: bytes, other: bytes, same: bool) -> None:
    assert same_answer(one, other) is same


def test_differences_name_both_functions() -> None:
    told = differences([answered(b"1"), answered(b"2", "b"), answered(b"1", "c")], b"3")

    assert len(told) == 2
    assert told[0].startswith("b (http) answered the sample otherwise than a (http)")
    assert told[1].startswith("a (http) answered 1, but the sample output is 3")
    assert differences([answered(b"1"), answered(b"1", "b")], b"1") == []
    assert differences([Tried(function="a", trigger="http", state=FAILED)], b"1") == []


def test_what_the_sample_ran_into_is_a_problem() -> None:
    seen = Measured(start_seconds=300, peak_memory=2 << 30, item_seconds=300)
    limits = Limits(memory=1 << 30, start=230, item=230)

    warnings, problems = passed_limits(seen, limits, "a plan", has_sample=True)
    assert warnings == ["The app took 300.0 s to start; a plan waits 230 s. Load less in init(), or raise that limit."]
    assert [text.partition(";")[0] for text in problems] == [
        "The app took 2048 MiB of memory",
        "The sample took 300.0 s",
    ]

    warnings, problems = passed_limits(seen, Limits(memory=1 << 30), "a plan", has_sample=False)
    assert (len(warnings), problems) == (1, [])
    assert passed_limits(Measured(), limits, "a plan", has_sample=True) == ([], [])


def test_the_first_traceback_and_nothing_else() -> None:
    found = traceback_in(LOG)

    assert found.splitlines()[0] == "Traceback (most recent call last):"
    assert found.splitlines()[-1] == "ZeroDivisionError: division by zero"


def test_without_a_traceback_the_end_is_told() -> None:
    assert traceback_in("\n".join(str(number) for number in range(100))).splitlines() == [
        str(number) for number in range(70, 100)
    ]


def test_places_that_are_gone_are_not_named() -> None:
    proof = Proof(
        tried=(Tried(function="a", trigger="blob", state=FAILED, sent_to="/t/data/in/x", problem="see /t/app/y"),),
        traceback='File "/t/app/score.py"',
        problems=("/t/app",),
    )

    found = located(proof, {"/t/app": "/mine", "/t/data/": ""})

    assert (found.traceback, found.problems) == ('File "/mine/score.py"', ("/mine",))
    assert (found.tried[0].sent_to, found.tried[0].problem) == ("in/x", "see /mine/y")


def test_one_reason_is_told_once() -> None:
    def tried(function: str, problem: str) -> Tried:
        return Tried(function=function, trigger="http", state=UNTRIED, problem=problem)

    assert untried([tried("a", "No sample."), tried("b", "No event."), tried("c", "No sample."), answered(b"1")]) == [
        "a (http), c (http) are not proved: No sample.",
        "b (http) is not proved: No event.",
    ]


def test_answers_that_are_no_json() -> None:
    tried = [
        Tried(function=name, trigger="http", state=ANSWERED, answer=answer)
        for name, answer in (("a", b"NaN"), ("b", b'{"x": [-Infinity]}'), ("c", b'"NaN"'), ("d", b"text"), ("e", b""))
    ]

    (told,) = not_json(tried)

    assert told.startswith("a (http), b (http) answered with NaN or Infinity, which is not JSON")
    assert not_json(tried[2:]) == []
