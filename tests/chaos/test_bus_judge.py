"""The judge of the messages under fire must see what is wrong."""

import pytest

from tests.chaos.bus_app import order
from tests.chaos.bus_judge import Found, Reply, broken_promises

GOOD, BAD = order(1, bad=False, seconds=0), order(2, bad=True, seconds=0)
REPLY = Reply(id="r1", cause=GOOD.name, body=GOOD.answer)
DEAD = {BAD.name: "MaxDeliveryCountExceeded"}


def test_an_answer_that_came_twice_under_one_id_is_one_answer():
    found = Found(replies=[REPLY, REPLY], dead=DEAD)
    assert broken_promises([GOOD, BAD], found) == []
    assert found.doubled == 1


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (Found(replies=[], dead=DEAD), "has 0 answers"),
        (Found(replies=[REPLY, Reply(id="r2", cause=GOOD.name, body=GOOD.answer)], dead=DEAD), "has 2 answers"),
        (Found(replies=[Reply(id="r1", cause=GOOD.name, body=b"x")], dead=DEAD), "wrong answer"),
        (Found(replies=[REPLY, Reply(id="r3", cause="stranger", body=b"")], dead=DEAD), "which wants none"),
        (Found(replies=[REPLY], dead={**DEAD, GOOD.name: "why"}), "was given up (why), but is good"),
        (Found(replies=[REPLY]), "bad, but was not given up"),
        (Found(replies=[REPLY], dead=DEAD, left=3), "3 messages are left"),
    ],
)
def test_what_must_not_be_is_told(found, says):
    (told,) = broken_promises([GOOD, BAD], found)
    assert says in told
