"""triggers.blob_pace"""

import pytest

from triggers.blob_pace import BlobPace


def run(pace: BlobPace, count: int) -> None:
    for _ in range(count):
        pace.began()
        pace.ended()


async def test_several_runs_in_a_second_make_a_function_quick():
    pace = BlobPace(1)
    run(pace, 7)
    assert not pace.is_quick
    run(pace, 1)
    assert pace.is_quick
    assert (pace.room(16, 100), pace.own(16, 100)) == (16, 16)


async def test_a_second_later_it_is_no_longer_known():
    pace = BlobPace()
    run(pace, 8)
    pace._ended[0] -= 1.5
    assert not pace.is_quick


@pytest.mark.parametrize(("parallel", "room"), [(1, 2), (4, 5), (100, 16), (None, 16)])
async def test_of_a_slow_function_no_more_is_taken_than_runs_and_one_ahead(parallel, room):
    pace = BlobPace(parallel)
    assert pace.room(16, 0) == room
    pace.began()
    if parallel is not None:
        assert pace.room(16, parallel - 1) == 1
        assert pace.room(16, parallel) == pace.room(16, parallel + 5) == 0


async def test_of_its_own_line_only_a_few():
    pace = BlobPace()
    few = pace.own(100, 0)
    assert few >= 2
    assert pace.own(1, 0) == 1
    assert pace.own(100, few) == pace.own(100, few + 5) == 0
