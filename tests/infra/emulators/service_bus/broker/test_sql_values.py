"""infra.emulators.service_bus.broker.sql_values"""

import uuid

import pytest

from infra.emulators.service_bus.amqp.types import Decimal, Int, Symbol
from infra.emulators.service_bus.broker.sql_values import both, calculate, compare, either, like, opposite, plain


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Int(3), 3),
        (Symbol("a"), "a"),
        (True, True),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (b"a", None),
        (Decimal(0x74, b"1234"), None),
        (None, None),
    ],
)
def test_values_of_messages_become_those_of_expressions(value, expected) -> None:
    assert plain(value) == expected


@pytest.mark.parametrize(
    ("sign", "left", "right", "expected"),
    [
        ("=", 1, 1.0, True),
        ("<>", "a", "b", True),
        ("<", 1, 2, True),
        (">=", "b", "a", True),
        ("=", True, 1, None),
        ("=", "1", 1, None),
        ("!=", None, 1, None),
    ],
)
def test_only_the_same_kind_compares(sign, left, right, expected) -> None:
    assert compare(sign, left, right) is expected


@pytest.mark.parametrize(
    ("sign", "left", "right", "expected"),
    [
        ("+", 1, 2, 3),
        ("-", 1, 2, -1),
        ("*", 3, 2, 6),
        ("/", 7, 2, 3),
        ("/", -7, 2, -3),
        ("/", 7.0, 2, 3.5),
        ("%", -7, 2, -1),
        ("%", 7, 2, 1),
        ("+", "a", "b", "ab"),
        ("-", "a", "b", None),
        ("*", "a", 2, None),
        ("+", True, True, None),
        ("/", 1, 0, None),
        ("%", 1, 0, None),
        ("%", 1.5, 0, None),
        ("%", -5.5, 2, -1.5),
        ("+", None, 1, None),
    ],
)
def test_numbers_are_calculated_with(sign, left, right, expected) -> None:
    assert calculate(sign, left, right) == expected


TABLE = [(a, b) for a in (True, False, None) for b in (True, False, None)]


@pytest.mark.parametrize(("left", "right"), TABLE)
def test_three_values_are_combined(left, right) -> None:
    assert both(left, right) is (False if False in (left, right) else None if None in (left, right) else True)
    assert either(left, right) is (True if True in (left, right) else None if None in (left, right) else False)
    assert opposite(left) is (None if left is None else not left)


@pytest.mark.parametrize(
    ("text", "pattern", "escape", "expected"),
    [
        ("abc", "a%", None, True),
        ("abc", "a_c", None, True),
        ("abc", "a_", None, False),
        ("a.c", "a.c", None, True),
        ("abc", "a.c", None, False),
        ("a\nb", "a%b", None, True),
        ("50%", "50!%", "!", True),
        ("50x", "50!%", "!", False),
        ("a!b", "a!!b", "!", True),
        ("", "%", None, True),
        (None, "%", None, None),
        (5, "%", None, None),
    ],
)
def test_patterns(text, pattern, escape, expected) -> None:
    assert like(text, pattern, escape) is expected
