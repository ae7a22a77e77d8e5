"""Have the host's keys made at the start, however long their store takes to answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from function_host.errors import KeysReadOnly, KeysUnavailable
from function_host.keys.ring import KeyRing

_log = logging.getLogger("Host.Keys")

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0


async def prepare_keys(
    ring: KeyRing, system_keys: Sequence[str] = (), sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Return when the keys, the system keys of these names among them, are there.

    An outage is told once for each kind of trouble. Raises ConfigError.
    """
    pause, told = _FIRST_PAUSE, ""
    while True:
        try:
            await ring.prepare()
            for name in system_keys:
                await ring.system_key(name)
            break
        except KeysUnavailable as error:
            if str(error) != told:
                _log.warning("%s Functions that need a key answer 503 until it is reached; trying again.", error)
            told = str(error)
        except KeysReadOnly as error:
            _log.error("A webhook of %s has no key: %s", ", ".join(system_keys), error)
            return
        await sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
    if told:
        _log.info("The keys can be read now.")
