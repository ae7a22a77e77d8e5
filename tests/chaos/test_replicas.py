"""The hour must come out well, and its judge must see where it does not."""

from collections import Counter

import pytest

from tests.chaos.autoscaler import Rule
from tests.chaos.replicas import Hour, Load, Look, Plan, broken_promises, run, told
from tests.support.kubernetes_objects import CONNECTIONS, cluster_spec

SHORT = Plan(
    seconds_per_blob=20.0,
    loads=(Load(minutes=6, per_minute=12), Load(minutes=8, per_minute=0)),
)


def test_an_hour_goes_up_and_down_with_all_inputs_kept():
    plan = Plan()
    hour = run(plan)
    assert broken_promises(plan, hour) == []
    assert hour.most(5, 17) >= 5
    assert hour.least(27, 35) == 1
    assert hour.most(35, 45) >= 3
    assert hour.looks[-1].replicas == 1
    assert {each.by_blobs for each in hour.looks if each.minute > 10} == {10}
    assert told(hour).startswith("An hour of load")


def test_any_host_id_will_do_as_the_documents_name_its_queue():
    spec = cluster_spec(name="other", settings={**CONNECTIONS, "AzureFunctionsWebHost__hostid": "shared"})
    assert broken_promises(SHORT, run(SHORT, spec)) == []


def hour(*replicas, by_blobs=10, inputs=2, runs=None):
    looks = [
        Look(minute=float(n), inputs=inputs, answered=2, queued=0, replicas=each, by_blobs=by_blobs)
        for n, each in enumerate(replicas)
    ]
    counted = Counter({"a": 1, "b": 1} if runs is None else runs)
    return Hour(rule=Rule(target=5, least=1, most=10), looks=looks, runs=counted, written=2)


PLAN = Plan(seconds_per_blob=60.0, loads=(Load(minutes=2, per_minute=3), Load(minutes=2, per_minute=0)))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (hour(3, 3, 3, 3), "never came down"),
        (hour(2, 2, 1, 1), "fewer at all times"),
        (hour(3, 3, 1, 1, by_blobs=1), "came down, too"),
        (hour(3, 3, 1, 1, inputs=1), "did not stay"),
        (hour(3, 3, 1, 1, runs={"a": 1}), "1 of 2"),
        (hour(3, 3, 1, 1, runs={"a": 1, "b": 2}), "2 times"),
    ],
)
def test_the_judge_sees_what_is_broken(found, words):
    (broken,) = broken_promises(PLAN, found)
    assert words in broken


def test_the_judge_is_content_with_what_is_right():
    assert broken_promises(PLAN, hour(1, 3, 2, 1)) == []
