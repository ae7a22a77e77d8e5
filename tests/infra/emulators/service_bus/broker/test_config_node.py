"""infra.emulators.service_bus.broker.config_node"""

from datetime import timedelta

import pytest

from infra.emulators.service_bus.broker.config_node import Node, Range

HOUR = Range(timedelta(minutes=1), timedelta(hours=1))


def test_what_is_right_is_read() -> None:
    node = Node.root({"t": "x", "f": True, "n": 3, "d": "PT90S", "o": {"a": 1}, "l": [{}, {}]})

    assert node.text("t") == "x"
    assert node.flag("f") is True
    assert node.number("n", 1, Range(1, 3)) == 3
    assert node.duration("d", HOUR.most, HOUR) == timedelta(seconds=90)
    child = node.child("o")
    assert child is not None
    assert child.plain_values() == {"a": 1}
    assert [each.place for each in node.children("l", Range(0, 2))] == ["$.l[0]", "$.l[1]"]
    assert node.problems == []
    assert node.unknown() == []


def test_what_is_missing_has_defaults() -> None:
    node = Node.root({"t": ""})

    assert (node.text("t"), node.text("u"), node.flag("f"), node.child("o")) == (None, None, False, None)
    assert node.number("n", 7, Range(1, 9)) == 7
    assert node.duration("d", HOUR.least, HOUR) == HOUR.least
    assert list(node.children("l", Range(1, 2))) == []
    assert node.problems == []


@pytest.mark.parametrize(
    ("value", "read", "problem"),
    [
        (5, lambda node: node.text("k"), "$.k is 5; it must be a text that is not empty."),
        (None, lambda node: node.text("k", required=True), "$.k is None; it must be a text that is not empty."),
        ("c", lambda node: node.text("k", allowed=("a", "b")), "$.k is 'c'; it must be 'a' or 'b'."),
        ("true", lambda node: node.flag("k"), "$.k is 'true'; it must be true or false."),
        (9, lambda node: node.number("k", 1, Range(1, 3)), "$.k is 9; it must be a whole number from 1 to 3."),
        (True, lambda node: node.number("k", 1, Range(1, 3)), "$.k is True; it must be a whole number from 1 to 3."),
        (
            "PT2H",
            lambda node: node.duration("k", HOUR.most, HOUR),
            "$.k is 'PT2H'; it must be an ISO 8601 duration from PT1M to PT1H.",
        ),
        (
            "P1M",
            lambda node: node.duration("k", HOUR.most, HOUR),
            "$.k is 'P1M'; it must be an ISO 8601 duration from PT1M to PT1H.",
        ),
        (
            "soon",
            lambda node: node.duration("k", HOUR.most, HOUR),
            "$.k is 'soon'; it must be an ISO 8601 duration from PT1M to PT1H.",
        ),
        ([], lambda node: node.child("k"), "$.k is []; it must be an object."),
        (None, lambda node: node.child("k", required=True), "$.k is None; it must be an object."),
        ({}, lambda node: list(node.children("k", Range(0, 2))), "$.k is {}; it must be a list of 0 to 2 objects."),
        (
            [],
            lambda node: list(node.children("k", Range(1, 2))),
            "$.k is a list of 0; it must be a list of 1 to 2 objects.",
        ),
        ([5], lambda node: list(node.children("k", Range(0, 2))), "$.k[0] is 5; it must be an object."),
    ],
)
def test_what_is_wrong_is_noted_with_its_place(value, read, problem) -> None:
    node = Node.root({"k": value})
    read(node)

    assert node.problems == [problem]


def test_problems_and_strange_keys_of_children_are_those_of_the_whole() -> None:
    node = Node.root({"a": {"b": {"c": 5, "d": [1]}}, "e": 1})
    inner = node.child("a").child("b")
    inner.text("c")
    inner.child("z")

    assert node.problems == ["$.a.b.c is 5; it must be a text that is not empty."]
    assert node.unknown() == ["$.e", "$.a.b.d"]


def test_free_names_have_plain_values() -> None:
    node = Node.root({"a": 1, "b": [1]})
    node.plain_values()

    assert node.problems == ["$.b is [1]; it must be a text, a number, true or false."]
    assert node.unknown() == []
