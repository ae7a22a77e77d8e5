import asyncio
import os
import signal
import threading
import time

import pytest

from function_host.scoring import script_signals
from function_host.scoring.script_thread import ScriptThread


@pytest.fixture(autouse=True)
def _as_before():
    before = {number: signal.getsignal(number) for number in (signal.SIGALRM, signal.SIGUSR1, signal.SIGTERM)}
    yield
    signal.signal, signal.getsignal = script_signals._set, script_signals._get
    for number, handler in before.items():
        signal.signal(number, handler)


async def test_a_handler_set_by_the_script_runs_and_the_one_before_is_returned():
    heard = []
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    script = ScriptThread("t")
    returned = await script.submit(lambda: signal.signal(signal.SIGUSR1, lambda number, _: heard.append(number)))
    assert returned is signal.SIG_IGN
    os.kill(os.getpid(), signal.SIGUSR1)
    assert heard == [signal.SIGUSR1]
    signal.signal(signal.SIGUSR1, before)


async def test_what_a_handler_raises_is_raised_in_the_running_call():
    script = ScriptThread("t")

    def ring(*_):
        raise TimeoutError("rung after 10 ms")

    def run():
        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        try:
            for _ in range(10_000):
                time.sleep(0.001)
        except TimeoutError as error:
            return f"fallback: {error}"

    assert await script.submit(run) == "fallback: rung after 10 ms"
    assert await script.submit(lambda: "next") == "next"


async def test_what_it_raises_while_nothing_runs_is_told_and_stops_nobody(caplog):
    script = ScriptThread("t")

    def ring(*_):
        raise LookupError("nobody there")

    await script.submit(lambda: signal.signal(signal.SIGUSR1, ring))
    os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.sleep(0)
    assert "LookupError('nobody there')" in caplog.text
    assert await script.submit(lambda: 1) == 1


async def test_the_host_hears_of_the_end_whatever_the_script_does(caplog):
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    script = ScriptThread("t")

    def leave(*_):
        raise SystemExit(0)

    await script.submit(lambda: signal.signal(signal.SIGTERM, leave))
    await script.submit(lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))
    assert "left out" in caplog.text
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(5):
        await stopped.wait()
    assert "SystemExit(0)" in caplog.text
    asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)


async def test_a_bad_handler_is_refused_as_python_does():
    script = ScriptThread("t")
    with pytest.raises(TypeError, match="signal handler must be"):
        await script.submit(lambda: signal.signal(signal.SIGUSR1, "no handler"))


def test_without_a_loop_on_the_main_thread_python_refuses_as_ever():
    thread = threading.Thread(target=lambda: asyncio.run(ScriptThread("t").submit(_try_to_set)))
    thread.start()
    thread.join()
    assert _tried == ["ValueError"]


_tried: list[str] = []


def _try_to_set():
    try:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    except ValueError as error:
        _tried.append(type(error).__name__)


async def test_saving_and_restoring_a_handler_gives_back_the_very_same_one():
    script = ScriptThread("t")

    def first(*_):
        pass

    def run():
        signal.signal(signalnum=signal.SIGALRM, handler=first)
        for _ in range(1500):
            before = signal.signal(signal.SIGALRM, lambda *_: None)
            assert before is first
            signal.signal(signal.SIGALRM, before)
        assert signal.getsignal(signal.SIGALRM) is first
        os.kill(os.getpid(), signal.SIGALRM)
        return "done"

    assert await script.submit(run) == "done"


async def test_an_error_that_cannot_be_raised_in_the_script_stops_nobody(caplog):
    class Odd(Exception):
        def __init_subclass__(cls, *, needed):
            pass

    def ring(*_):
        raise Odd("odd")

    def run():
        signal.signal(signal.SIGUSR1, ring)
        os.kill(os.getpid(), signal.SIGUSR1)
        return "went on"

    assert await ScriptThread("t").submit(run) == "went on"
    await asyncio.sleep(0)
    assert "Odd('odd')" in caplog.text


async def test_signals_that_come_faster_than_they_are_handled_do_not_nest():
    depth, deepest = 0, 0

    def ring(*_):
        nonlocal depth, deepest
        depth += 1
        deepest = max(deepest, depth)
        sum(range(2000))
        depth -= 1

    script = ScriptThread("t")
    await script.submit(lambda: signal.signal(signal.SIGALRM, ring))
    signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.00005)
    for _ in range(200):
        await script.submit(lambda: sum(range(500)))
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert deepest == 1
