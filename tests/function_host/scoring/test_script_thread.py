import asyncio
import threading
import time

import pytest

from function_host.scoring.errors import ScoringTimeout
from function_host.scoring.script_thread import ScriptThread


async def test_calls_run_one_at_a_time_in_order_on_one_thread():
    thread = ScriptThread("t")
    seen: list[tuple[int, str]] = []
    running = 0

    def call(number: int) -> int:
        nonlocal running
        running += 1
        seen.append((number, threading.current_thread().name))
        assert running == 1
        running -= 1
        return number

    answers = await asyncio.gather(*(thread.submit(lambda n=n: call(n)) for n in range(200)))
    assert answers == list(range(200))
    assert seen == [(n, "t") for n in range(200)]


async def test_what_a_call_raises_reaches_its_own_caller_alone():
    thread = ScriptThread("t")
    good, bad = await asyncio.gather(thread.submit(lambda: 1), thread.submit(lambda: 1 // 0), return_exceptions=True)
    assert good == 1
    assert isinstance(bad, ZeroDivisionError)


async def test_exiting_is_an_error_like_any_other():
    def leave() -> None:
        raise SystemExit(3)

    thread = ScriptThread("t")
    with pytest.raises(SystemExit):
        await thread.submit(leave)
    assert await thread.submit(lambda: 2) == 2


async def test_a_caller_who_left_does_not_stop_the_others():
    thread = ScriptThread("t")
    release = threading.Event()
    first = asyncio.create_task(thread.submit(release.wait))
    second = asyncio.create_task(thread.submit(lambda: "second"))
    await asyncio.sleep(0)
    first.cancel()
    release.set()
    assert await second == "second"
    assert first.cancelled()


def forever() -> None:
    while True:
        pass


async def test_a_call_over_its_limit_is_ended_and_the_next_one_runs():
    thread = ScriptThread("t")
    running: list[threading.Thread] = []

    def slow() -> None:
        running.append(threading.current_thread())
        forever()

    late, after = await asyncio.gather(thread.submit(slow, 0.02), thread.submit(lambda: 2, 5), return_exceptions=True)
    assert isinstance(late, ScoringTimeout)
    assert str(late) == "Scoring timeout after 20 ms"
    assert after == 2
    running[0].join(5)
    assert not running[0].is_alive()


async def test_what_was_done_before_a_call_that_hangs_is_not_lost():
    thread = ScriptThread("t")
    first, late = await asyncio.gather(
        thread.submit(lambda: 1, 0.02), thread.submit(forever, 0.02), return_exceptions=True
    )
    assert first == 1
    assert isinstance(late, ScoringTimeout)


async def test_the_time_spent_waiting_does_not_count():
    thread = ScriptThread("t")
    calls = [thread.submit(lambda: time.sleep(0.015), 0.04) for _ in range(5)]
    assert await asyncio.gather(*calls) == [None] * 5


async def test_the_script_may_clean_up_when_its_time_is_over():
    thread = ScriptThread("t")
    seen: list[str] = []

    def tidy() -> None:
        try:
            forever()
        except TimeoutError:
            seen.append("tidied")

    with pytest.raises(ScoringTimeout):
        await thread.submit(tidy, 0.02)
    assert await thread.submit(lambda: seen[:]) == ["tidied"]


async def test_a_caller_who_left_a_call_that_hangs_does_not_stop_the_others():
    thread = ScriptThread("t")
    gone = asyncio.create_task(thread.submit(forever, 0.03))
    other = asyncio.create_task(thread.submit(lambda: "other", 5))
    await asyncio.sleep(0.01)
    gone.cancel()
    assert await other == "other"
