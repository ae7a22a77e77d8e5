import asyncio
import math
import queue
import threading
from collections import deque

from function_host.scoring.script_worker import Call, ScriptWorker


def call(work):
    return Call(future=asyncio.get_running_loop().create_future(), work=work, limit=math.inf)


async def test_it_works_through_what_another_one_left_first():
    batches = queue.SimpleQueue()
    loop = asyncio.get_running_loop()
    left, later = call(lambda: "left"), call(lambda: "later")
    batches.put((loop, deque([later])))
    ScriptWorker("t", batches, first=(loop, deque([left]))).start()
    assert await left.future == ("left", None)
    assert await later.future == ("later", None)


async def test_a_dismissed_worker_gives_back_what_it_has_not_begun():
    batches = queue.SimpleQueue()
    begun, release = threading.Event(), threading.Event()

    def hang():
        begun.set()
        release.wait()

    first, second = call(hang), call(lambda: 2)
    worker = ScriptWorker("t", batches)
    worker.start()
    batches.put((asyncio.get_running_loop(), deque([first, second])))
    await asyncio.to_thread(begun.wait)
    left = worker.dismiss(first)
    assert left is not None
    assert list(left[1]) == [second]
    release.set()
    await asyncio.to_thread(worker.join)
    assert not second.future.done()


async def test_a_call_that_has_ended_dismisses_nobody():
    batches = queue.SimpleQueue()
    worker = ScriptWorker("t", batches)
    worker.start()
    first, second = call(lambda: 1), call(lambda: 2)
    batches.put((asyncio.get_running_loop(), deque([first])))
    await first.future
    assert worker.dismiss(first) is None
    batches.put((asyncio.get_running_loop(), deque([second])))
    assert await second.future == (2, None)


async def test_a_call_finds_a_loop_of_its_own():
    async def answer():
        return 42

    batches = queue.SimpleQueue()
    ScriptWorker("t", batches).start()
    asked = call(lambda: asyncio.get_event_loop().run_until_complete(answer()))
    batches.put((asyncio.get_running_loop(), deque([asked])))
    assert await asked.future == (42, None)


async def test_an_error_that_comes_as_the_call_ends_is_its_outcome_or_nobodys():
    batches = queue.SimpleQueue()
    worker = ScriptWorker("t", batches)
    worker.start()
    loop, hits = asyncio.get_running_loop(), 0
    for _ in range(300):
        first, second = call(lambda: 1), call(lambda: 2)
        batches.put((loop, deque([first, second])))
        while not first.future.done():
            hits += worker.interrupt(LookupError("late"))
            await asyncio.sleep(0)
        for each in (first, second):
            value, error = await each.future
            assert value in (1, 2) or isinstance(error, LookupError)
    assert worker.is_alive()
