"""infra.emulators.service_bus.broker.sql"""

import uuid

import pytest

from infra.emulators.service_bus.broker.errors import InvalidRule
from infra.emulators.service_bus.broker.sql import MOST_CHARACTERS, read_action, read_filter
from infra.emulators.service_bus.message import Message, Properties

MESSAGE = Message(
    body=b"",
    properties=Properties(message_id="m1", subject="order", group_id="s1", content_type="application/json"),
    application_properties={"n": 5, "t": "it's", "b": True, "two words": 1, "nothing": None, "x_y": 2.5, "r]": 3},
)

TRUE = [
    "1=1",
    "n = 5",
    "user.n=5 AND sys.Label='order'",
    "SYS.messageid = 'm1' and Sys.SessionId <> 's2'",
    "n > 4 AND n >= 5 AND n < 6 AND n <= 5 AND n != 4",
    "t = 'it''s'",
    "b",
    "b = TRUE",
    "NOT b = false",
    "[two words] = 1",
    '"two words" = 1',
    "[r]]] = 3",
    "n + 2 * 3 = 11",
    "(n + 2) * 3 = 21",
    "n - 1 - 1 = 3",
    "-n < 0 AND +n > 0",
    "n % 2 = 1",
    "x_y * 2 = 5",
    "x_y = 25e-1",
    ".5 < n",
    "n IN (1, 5, 9)",
    "n NOT IN (1, 9)",
    "sys.Label LIKE 'ord%'",
    "sys.Label not like 'x%'",
    "sys.ContentType LIKE 'application/_son'",
    "'50%' LIKE '50!%' ESCAPE '!'",
    "EXISTS(n)",
    "exists(sys.Label) AND NOT EXISTS(sys.To) AND NOT EXISTS(gone)",
    "gone IS NULL AND nothing IS NULL AND n IS NOT NULL",
    "sys.To is null",
    "n = 1 OR n = 5",
    "n = 5 OR n = 5 AND n = 1",
    "gone = 1 OR n = 5",
    "NOT (n = 1)",
    "p('n') = 5 AND property('two words') = 1",
    "newid() IS NOT NULL",
    "t + '!' = 'it''s!'",
]
NOT_TRUE = [
    "1=0",
    "gone = 1",
    "NOT (gone = 1)",
    "gone <> 1",
    "gone IN (1)",
    "gone NOT IN (1)",
    "n NOT IN (1, gone)",
    "gone LIKE '%'",
    "n = '5'",
    "b = 1",
    "n / 0 = 1",
    "n",
    "nothing = NULL",
    "(n = 5 OR n = 5) AND n = 1",
]


@pytest.mark.parametrize("text", TRUE)
def test_true_of_the_message(text) -> None:
    assert read_filter(text)(MESSAGE) is True


@pytest.mark.parametrize("text", NOT_TRUE)
def test_not_true_of_the_message(text) -> None:
    assert read_filter(text)(MESSAGE) is False


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("n ==5", "from character 4 on"),
        ("n = ", "from character"),
        ("n = 5 6", "from character 7 on"),
        ("", "from character 1 on"),
        ("n = 'open", "from character 5 on"),
        ("sys.Colour = 1", "sys.Colour is no property that rules can use"),
        ("my.n = 1", "my is no scope; write sys.n or user.n"),
        ("f('n') = 1", "f is no function"),
        ("newid('x') = 1", "newid is no function"),
        ("t LIKE 'a' ESCAPE 'ab'", "ESCAPE 'ab' is not one character"),
    ],
)
def test_what_cannot_be_read_is_refused(text, why) -> None:
    with pytest.raises(InvalidRule, match=why.replace("(", r"\(")):
        read_filter(text)


def test_an_action_changes_a_copy() -> None:
    change = read_action("SET n = n + 1; SET [new one] = 'x'; REMOVE t")
    changed = change(MESSAGE)

    assert changed.application_properties["n"] == 6
    assert changed.application_properties["new one"] == "x"
    assert "t" not in changed.application_properties
    assert MESSAGE.application_properties["n"] == 5
    assert MESSAGE.application_properties["t"] == "it's"


def test_an_action_sees_what_came_before_it() -> None:
    assert read_action("SET a = 1, SET a = a + 1 SET c = a")(MESSAGE).application_properties["c"] == 2


def test_an_action_reaches_system_properties() -> None:
    changed = read_action("SET sys.Label = sys.MessageId + '!'; REMOVE sys.ContentType; SET sys.To = 7")(MESSAGE)

    assert (changed.properties.subject, changed.properties.content_type, changed.properties.to) == ("m1!", None, "7")
    assert changed.properties.group_id == "s1"


def test_each_new_id_is_another_one() -> None:
    made = read_action("SET a = newid(); SET b = newid()")(MESSAGE).application_properties

    assert uuid.UUID(str(made["a"])) != uuid.UUID(str(made["b"]))


@pytest.mark.parametrize("text", ["", "SET n", "n = 5", "SET sys.Colour = 1", "REMOVE 5"])
def test_a_wrong_action_is_refused(text) -> None:
    with pytest.raises(InvalidRule, match="SQL action"):
        read_action(text)


def test_a_filter_is_no_longer_than_on_azure() -> None:
    longest = "1=1" + " OR 1=0" * ((MOST_CHARACTERS - 3) // 7)
    assert read_filter(longest)(MESSAGE) is True
    with pytest.raises(InvalidRule, match="1024 are allowed"):
        read_filter(longest + " OR 1=0")


def test_a_filter_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(InvalidRule, match="nested too deeply"):
        read_filter("-" * 1000 + "1 = 1")
