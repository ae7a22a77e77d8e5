"""The judge of the many blobs must see what is wrong, and whose fault it was."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.chaos.journal import Run
from tests.chaos.many_app import order
from tests.chaos.many_judge import Aftermath, broken_promises, repeats, without_cause

GOOD, BAD = order(1, bad=False, seconds=0), order(2, bad=True, seconds=0)
ORDERS = (GOOD, BAD)
OUTAGE = (1000.0, 1002.0)
KILLED, ALIVE = 1, 2
KEPT = Aftermath(
    outputs={GOOD.name: GOOD.answer},
    errors={BAD.name},
    receipts={GOOD.name: {}, BAD.name: {"Poisoned": "Poisoned"}},
    poisoned=(BAD.name,),
)


def runs(name: str, *found: tuple[int, float]) -> dict[str, list[Run]]:
    return {name: [Run(event=name, pid=pid, begun=at, ended=at) for pid, at in found]}


def test_all_is_well():
    assert broken_promises(ORDERS, KEPT) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"outputs": {}}, "blob-00001 is not settled: nothing was written"),
        ({"outputs": {GOOD.name: b"other"}}, "blob-00001 has the wrong output b'other'"),
        ({"outputs": {GOOD.name: GOOD.answer, BAD.name: b""}}, "blob-00002 has the wrong output"),
        ({"errors": {BAD.name, GOOD.name}}, "blob-00001 has an error file"),
        ({"poisoned": (BAD.name, GOOD.name)}, "blob-00001 is in the poison queue"),
        ({"poisoned": ()}, "blob-00002 is not in the poison queue"),
        ({"receipts": {BAD.name: {"Poisoned": "Poisoned"}}}, "its receipt is {'': 'missing'}"),
        ({"receipts": {**KEPT.receipts, GOOD.name: {"incomplete": "Incomplete"}}}, "blob-00001 is not settled"),
        ({"receipts": {**KEPT.receipts, BAD.name: {}}}, "blob-00002 is not settled"),
    ],
)
def test_whatever_is_wrong_is_told(change, told):
    (broken,) = broken_promises(ORDERS, replace(KEPT, **change))
    assert told in broken


def test_what_the_account_forgot_is_not_the_hosts_fault():
    written = {f"output/{GOOD.name}_out.json": 998.0}
    forgot = replace(KEPT, outputs={}, outages=[OUTAGE], last_writes=written)
    assert forgot.loss(GOOD.name) == "output"
    assert broken_promises(ORDERS, forgot) == []
    # What it had been given long before it was killed, it had saved.
    assert broken_promises(ORDERS, replace(forgot, last_writes=dict.fromkeys(written, 900.0))) != []


def test_a_message_that_the_account_forgot_is_known_by_the_receipt():
    queued = datetime.fromtimestamp(998.0, UTC).isoformat()
    receipts = {**KEPT.receipts, GOOD.name: {"Incomplete": "Incomplete", "Queued": queued}}
    assert replace(KEPT, outputs={}, receipts=receipts, outages=[OUTAGE]).loss(GOOD.name) == "message"
    assert replace(KEPT, outputs={}, receipts=receipts).loss(GOOD.name) == ""


@pytest.mark.parametrize(
    ("first", "kills", "outages", "cause"),
    [
        ((KILLED, 9.0), {KILLED: 10.0}, [], "good, host killed"),
        ((KILLED, 1.0), {KILLED: 10.0}, [], "good, nothing"),
        ((ALIVE, 999.0), {}, [OUTAGE], "good, storage killed"),
        ((ALIVE, 900.0), {}, [OUTAGE], "good, nothing"),
    ],
)
def test_each_repeated_run_has_its_cause(first, kills, outages, cause):
    found = runs(GOOD.name, first, (ALIVE, 2000.0))
    assert repeats(ORDERS, found, kills, outages, {}) == {cause: 1}
    assert bool(without_cause(ORDERS, found, kills, outages, {})) is cause.endswith("nothing")


def test_a_bad_blob_is_run_for_each_attempt_and_one_that_came_twice_for_each_upload():
    five = runs(BAD.name, *((ALIVE, float(n)) for n in range(5)))
    assert repeats(ORDERS, five, {}, [], {}) == {}
    assert repeats(ORDERS, runs(BAD.name, *((ALIVE, float(n)) for n in range(6))), {}, [], {}) == {"bad, nothing": 1}
    assert repeats(ORDERS, runs(GOOD.name, (ALIVE, 1.0), (ALIVE, 50.0)), {}, [], {GOOD.name: 2}) == {}
