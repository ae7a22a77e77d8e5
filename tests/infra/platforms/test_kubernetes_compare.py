import pytest

from infra.platforms.kubernetes_compare import differences

PORT = {"name": "http", "containerPort": 8080}
FOO, BAR = {"name": "FOO", "value": "1"}, {"name": "BAR", "value": "2"}


@pytest.mark.parametrize(
    ("wanted", "actual", "found"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, {}),
        ({"a": {"b": "x"}}, {"a": {"b": "y"}}, {"a.b": "'y' -> 'x'"}),
        ({"a": {"b": "x"}}, {}, {"a.b": "nothing -> 'x'"}),
        ({"a": {}}, {}, {}),
        ({"a": ""}, {}, {}),
        ({"a": ""}, {"a": "x"}, {"a": "'x' -> ''"}),
        ({"a": False}, {}, {"a": "nothing -> False"}),
        ({"a": [1, 2]}, {"a": [1, 3]}, {"a[1]": "3 -> 2"}),
        ({"a": [1, 2]}, {"a": [1]}, {"a": "1 -> 2 entries"}),
        ({"a": [1]}, {}, {"a": "0 -> 1 entries"}),
        ({"ports": [PORT]}, {"ports": [{"name": "other"}, {**PORT, "protocol": "TCP"}]}, {}),
        ({"ports": [PORT]}, {"ports": [{"name": "other"}]}, {"ports[http]": "added"}),
        ({"ports": [PORT]}, {"ports": [{**PORT, "containerPort": 1}]}, {"ports[http].containerPort": "1 -> 8080"}),
        ({"a": [{"topologyKey": "x", "n": 1}]}, {"a": [{"topologyKey": "y"}, {"topologyKey": "x", "n": 1}]}, {}),
    ],
)
def test_what_is_not_as_wanted(wanted, actual, found):
    assert differences(wanted, actual) == found


@pytest.mark.parametrize(
    ("wanted", "last", "found"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}, "d": 3}, {"a.c": "removed", "d": "removed"}),
        ({"ports": []}, {"ports": [PORT]}, {"ports[http]": "removed"}),
        ({"a": {}}, {}, {"a": "added"}),
        ({"a": ""}, {}, {"a": "nothing -> ''"}),
        ({"a": [PORT]}, {"a": [PORT]}, {}),
    ],
)
def test_what_is_said_no_more_where_both_say_all(wanted, last, found):
    assert differences(wanted, last, whole=True) == found


def test_what_settings_hold_is_not_shown():
    reference = {"name": "BAR", "valueFrom": {"secretKeyRef": {"name": "s", "key": "BAR"}}}
    wanted, last = {"c": {"env": [{"name": "FOO", "value": "3"}, reference]}}, {"c": {"env": [BAR, FOO, {"name": "X"}]}}
    assert differences(wanted, last, whole=True) == {"FOO": "changed", "BAR": "changed", "X": "removed"}
    assert differences({"c": {"env": [FOO]}}, {"c": {}}) == {"FOO": "added"}
