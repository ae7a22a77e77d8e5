import asyncio
import threading

import pytest

from function_host.threads import FunctionThreads


@pytest.fixture
def release():
    event = threading.Event()
    yield event
    event.set()


async def test_never_more_calls_at_once_than_threads(release):
    threads, running = FunctionThreads(2), threading.Semaphore(0)

    def work() -> int:
        running.release()
        release.wait()
        return threading.get_ident()

    calls = [asyncio.create_task(threads.run(work)) for _ in range(4)]
    await asyncio.to_thread(running.acquire)
    await asyncio.to_thread(running.acquire)
    assert not await asyncio.to_thread(running.acquire, timeout=0.02)
    release.set()
    assert len(set(await asyncio.gather(*calls))) == 2
    threads.close()


async def test_a_lost_thread_costs_no_place_even_for_those_that_wait(release, caplog):
    threads = FunctionThreads(1)
    for lost in (1, 2):
        stuck = asyncio.create_task(threads.run(release.wait))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(threads.run(lambda: "served"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stuck, 0.01)
        assert await asyncio.wait_for(waiting, 5) == "served"
        assert threads.lost == lost
    assert "Nobody waits any more for 2 threads that still run a function." in caplog.text
    threads.close()


async def test_without_a_number_there_are_as_many_as_python_would_take():
    threads = FunctionThreads()
    assert await threads.run(lambda: 3) == 3
    threads.close()
