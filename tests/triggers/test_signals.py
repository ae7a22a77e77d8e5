import asyncio

import pytest

from triggers.signals import Signals


async def test_every_listener_at_the_place_is_woken():
    signals = Signals()
    one, two, elsewhere = signals.at("work"), signals.at("work"), signals.at("other")
    signals.wake("work")
    await asyncio.wait_for(asyncio.gather(one.wait(), two.wait()), 1)
    assert not elsewhere.is_set()


def test_nobody_need_be_there():
    signals = Signals()
    gone = signals.at("work")
    del gone
    signals.wake("work")
    signals.wake("other")
    assert not signals.at("work").is_set()


@pytest.mark.parametrize("times", [1, 3])
def test_words_are_not_counted(times):
    signals = Signals()
    woken = signals.at("work")
    for _ in range(times):
        signals.wake("work")
    woken.clear()
    assert not woken.is_set()
