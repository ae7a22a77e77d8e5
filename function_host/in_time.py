"""Wait for work, but only so long."""

import asyncio
from collections.abc import Coroutine

_MOMENT = 2.0
"""Seconds for what was cancelled to see it."""


async def done_within(seconds: float, work: Coroutine[object, object, None]) -> bool:
    """Raises what `work` raised; when its time is up, it is cancelled and has a moment to see that."""
    task = asyncio.create_task(work)
    done, _ = await asyncio.wait((task,), timeout=seconds)
    if not done:
        task.cancel()
        await asyncio.wait((task,), timeout=_MOMENT)
        return False
    task.result()
    return True
