import pytest

from tests.chaos.autoscaler import SYNC, Autoscaler, Rule
from tests.support.kubernetes_objects import objects

RULE = Rule(target=5, least=1, most=10)


def looks(rule, *metrics, start=0.0):
    scaler = Autoscaler(rule)
    return [scaler.look(start + n * SYNC, metric) for n, metric in enumerate(metrics)]


def test_the_rule_is_the_one_that_is_deployed():
    assert Rule.of(objects()["ScaledObject"].body["spec"]) == Rule(target=5, least=1, most=10, cooldown=300)


@pytest.mark.parametrize(("metric", "replicas"), [(0, 1), (5, 1), (6, 2), (24, 5), (500, 5)])
def test_up_at_once_but_four_more_at_most(metric, replicas):
    assert looks(RULE, metric) == [replicas]


def test_up_to_the_most():
    assert looks(RULE, 500, 500, 500) == [5, 10, 10]


def test_what_is_nearly_right_stays():
    assert looks(RULE, 25, 27) == [5, 5]
    assert looks(RULE, 25, 28) == [5, 6]


def test_down_after_five_minutes():
    found = looks(RULE, 25, *[0] * 25)
    assert found[:20] == [5] * 20
    assert found[20] == 1


def test_none_only_after_the_cooldown_and_one_again_at_once():
    rule = Rule(target=5, least=0, most=10)
    found = looks(rule, 1, *[0] * 20, 1)
    assert found[0] == 1
    assert found[19:] == [1, 0, 1]
    assert 0 not in looks(RULE, 1, *[0] * 40)
