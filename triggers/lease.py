"""One holder among many instances: work that only one of them may do."""

import asyncio
import fcntl
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from triggers.errors import SourceUnavailable

_log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]

_AFTER_A_BUG = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseTimes:
    """How long a lease holds without being renewed, and how often others try to get it."""

    seconds: int = 30
    retry_every: float = 5.0


DEFAULT_LEASE_TIMES = LeaseTimes()


class Lease(Protocol):
    """A claim that one instance at a time holds; methods raise SourceUnavailable."""

    retry_every: float
    """Seconds between two tries to get it."""
    renew_every: float
    """Seconds after which the holder must renew it."""

    async def acquire(self) -> bool:
        """Is it ours now? False when somebody else holds it."""
        ...

    async def renew(self) -> bool:
        """Hold it for longer; False when it is no longer ours."""
        ...

    async def release(self) -> None:
        """Give it back, if it is still ours."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Unshared:
    """The lease of an app that has no place to share anything: every instance holds it."""

    retry_every = renew_every = 3600.0

    async def acquire(self) -> bool:
        return True

    async def renew(self) -> bool:
        return True

    async def release(self) -> None:
        """Nothing was taken."""

    async def close(self) -> None:
        """Nothing is kept open."""


class FileLease:
    """A lock on a file: instances on one machine share it, and it ends with the process that holds it."""

    retry_every = 1.0
    renew_every = 60.0

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    async def acquire(self) -> bool:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = self._path.open("ab")
        except OSError as error:
            raise SourceUnavailable(f"The lock file {self._path} cannot be opened: {error}.") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    async def renew(self) -> bool:
        return self._file is not None

    async def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    async def close(self) -> None:
        """The file is open only while the lease is held."""


async def while_held(
    lease: Lease, work: Callable[[], Awaitable[None]], *, name: str, sleep: Sleep = asyncio.sleep
) -> None:
    """Do `work` whenever this instance holds the lease; never returns.

    Losing the lease cancels the work, as cancelling this does: either way the work may finish what it is at.
    """
    told = False
    try:
        while True:
            try:
                held = await lease.acquire()
            except SourceUnavailable as error:
                if not told:
                    _log.warning("%s: %s Trying again until it answers.", name, error)
                told, held = True, False
            if held:
                told = False
                await _hold(lease, work, name, sleep)
            await sleep(lease.retry_every)
    finally:
        await lease.close()


async def _hold(lease: Lease, work: Callable[[], Awaitable[None]], name: str, sleep: Sleep) -> None:
    working = asyncio.ensure_future(_forever(work, name, sleep))
    renewing = asyncio.create_task(_renewed(lease, name, sleep))
    try:
        await asyncio.wait((working, renewing), return_when=asyncio.FIRST_COMPLETED)
    finally:
        working.cancel()
        # The lease is renewed while a run finishes, so that nobody else starts the next one beside it.
        await asyncio.wait((working,))
        renewing.cancel()
        try:
            await lease.release()
        except SourceUnavailable as error:
            _log.warning("%s: the lease could not be given back and must run out: %s", name, error)


async def _forever(work: Callable[[], Awaitable[None]], name: str, sleep: Sleep) -> None:
    while True:
        try:
            await work()
        except SourceUnavailable as error:
            _log.warning("%s: %s Trying again until it answers.", name, error)
        except Exception:
            # A listener that dies would be noticed by nobody.
            _log.exception("%s failed in an unforeseen way; trying again.", name)
        await sleep(_AFTER_A_BUG)


async def _renewed(lease: Lease, name: str, sleep: Sleep) -> None:
    """Returns when the lease is lost; one renewal that fails is not the end, two in a row are."""
    failures = 0
    while failures < 2:
        await sleep(lease.renew_every)
        try:
            if not await lease.renew():
                break
            failures = 0
        except SourceUnavailable as error:
            failures += 1
            _log.warning("%s: the lease could not be renewed: %s", name, error)
    _log.warning("%s: the lease was lost; waiting for it.", name)
