import asyncio
import threading

import pytest

from packager.waiting import waited_for


async def place() -> int:
    await asyncio.sleep(0)
    return threading.get_ident()


async def failing() -> None:
    raise ValueError("this one")


def test_without_a_loop_it_is_done_here():
    assert waited_for(place()) == threading.get_ident()


async def test_beside_a_running_loop_it_is_done_elsewhere():
    assert waited_for(place()) != threading.get_ident()


async def test_what_it_raises_is_raised():
    with pytest.raises(ValueError, match="this one"):
        waited_for(failing())
