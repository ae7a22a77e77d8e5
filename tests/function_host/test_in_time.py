import asyncio

import pytest

from function_host.in_time import done_within


async def test_work_that_is_done_in_time():
    assert await done_within(1, asyncio.sleep(0))


async def test_work_that_takes_too_long_is_cancelled_and_may_clean_up():
    seen = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            seen.append("cancelled")

    assert not await done_within(0.01, work())
    assert seen == ["cancelled"]


async def test_what_it_raises_is_raised():
    async def work() -> None:
        raise ValueError("bad")

    with pytest.raises(ValueError, match="bad"):
        await done_within(1, work())
