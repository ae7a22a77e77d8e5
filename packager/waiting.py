"""Wait for asynchronous work from ordinary code, also where a loop runs already, as in every notebook."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Result = TypeVar("_Result")


def waited_for(work: Coroutine[object, object, _Result]) -> _Result:
    """What the work gives or raises; in a thread of its own where this one has a running loop, which stands still."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
