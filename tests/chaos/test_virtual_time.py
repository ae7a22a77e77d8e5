import asyncio
import time

import pytest

from tests.chaos.virtual_time import run_in_virtual_time


async def rest(seconds):
    await asyncio.sleep(seconds)
    return asyncio.get_running_loop().time()


def test_a_day_takes_no_time():
    moments = []
    begun = time.monotonic()
    assert run_in_virtual_time(rest(86400), moments.append) == pytest.approx(86400)
    assert time.monotonic() - begun < 5
    assert moments[-1] == pytest.approx(86400)


def test_who_wakes_first_is_first():
    async def work():
        order = []

        async def one(seconds):
            order.append(round(await rest(seconds)))

        await asyncio.gather(*(one(seconds) for seconds in (30, 10, 20)))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.sleep(10)
        return order

    assert run_in_virtual_time(work(), lambda _: None) == [10, 20, 30]


def test_waiting_for_nothing_is_told():
    async def work():
        await asyncio.get_running_loop().create_future()

    with pytest.raises(RuntimeError, match="Nobody will ever wake up"):
        run_in_virtual_time(work(), lambda _: None)
