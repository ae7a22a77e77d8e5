import asyncio
import threading

import pytest

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
