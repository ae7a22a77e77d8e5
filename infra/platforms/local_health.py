"""Ask an app again and again whether it is well, and start it again when it is not."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp

_LOGGER = logging.getLogger(__name__)
_LONGEST = 30.0
"""Seconds for one answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """What is asked, how often, and how much is forgiven; times in seconds."""

    path: str
    interval: float
    failures: int
    start_limit: float
    """How long the app may take to answer after it was started again."""


async def keep_well(check: HealthCheck, url: Callable[[], str], restart: Callable[[], Awaitable[None]]) -> None:
    """Ask until cancelled. `url` gives the current container's address, '' while there is none.

    After `failures` bad answers in a row (400 or more, or none) `restart` is awaited, and the app has `start_limit`
    seconds to answer before they are counted again. Another address begins at 0.
    """
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=min(_LONGEST, check.interval * 2))) as session:
        bad, asked = 0, ""
        while True:
            await asyncio.sleep(check.interval)
            current = url()
            bad = 0 if current != asked else bad
            asked = current
            bad = bad + 1 if current and not await _is_well(session, f"{current}{check.path}") else 0
            if bad < check.failures:
                continue
            _LOGGER.warning("GET %s failed %d times in a row: starting the container again", check.path, bad)
            try:
                await restart()
            except Exception:
                # An engine that is gone for a while must not end the watch.
                _LOGGER.exception("The container cannot be started again; it will be tried again")
            await _answering(session, f"{current}{check.path}", check)
            bad = 0


async def _answering(session: aiohttp.ClientSession, url: str, check: HealthCheck) -> None:
    deadline = asyncio.get_running_loop().time() + check.start_limit
    while asyncio.get_running_loop().time() < deadline:
        if await _is_well(session, url):
            return
        await asyncio.sleep(min(1.0, check.interval))


async def _is_well(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url, allow_redirects=False) as answer:
            return answer.status < 400
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        _LOGGER.info("GET %s: %r", url, error)
        return False
