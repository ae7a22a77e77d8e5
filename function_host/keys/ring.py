"""All keys of a host, made on first use, and what a presented key opens."""

import asyncio
import hmac
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from function_host.errors import ConfigError, KeysUnavailable
from function_host.keys.contract import KeyDocument, KeyStore
from function_host.keys.document import (
    HOST,
    MASTER,
    Key,
    keys,
    master_key,
    new_document,
    new_value,
    with_key,
    with_master_key,
    without_key,
)
from function_host.keys.memory import MemoryKeyStore

ADMIN, FUNCTION, ANONYMOUS = "admin", "function", "anonymous"

_AFTER_A_FAILURE = 1.0
"""Seconds in which a store that could not be reached is not asked again."""

_log = logging.getLogger("Host.Keys")


@dataclass(frozen=True, slots=True)
class _Read:
    document: KeyDocument
    until: float


class KeyRing:
    """Answers which authorization level a presented key gives, and changes keys."""

    def __init__(self, store: KeyStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._read: dict[str, _Read] = {}
        self._failure: tuple[float, str] | None = None
        self._lock = asyncio.Lock()
        self._told = ""

    @property
    def is_temporary(self) -> bool:
        """Do the keys end with the host?"""
        return isinstance(self._store, MemoryKeyStore)

    async def level(self, presented: str, function: str) -> str:
        """ADMIN for the master key, FUNCTION for a host key or a key of `function`, else ANONYMOUS.

        Raises KeysUnavailable as long as the keys were never read; known ones stay good when their store goes away.
        """
        host = await self._document(HOST)
        if _same(presented, master_key(host)):
            return ADMIN
        if _is_one_of(presented, keys(host, "functionKeys")):
            return FUNCTION
        own = keys(await self._document(function.lower()), "keys") if function else ()
        return FUNCTION if _is_one_of(presented, own) else ANONYMOUS

    async def is_system_key(self, presented: str, name: str) -> bool:
        """Is it the system key called `name`?"""
        known = keys(await self._document(HOST), "systemKeys")
        return any(_same(presented, key.value) for key in known if key.name.lower() == name.lower())

    async def prepare(self) -> None:
        """Have the host's keys made and kept now rather than with the first request that needs them."""
        await self._document(HOST)

    async def host_key(self) -> str:
        """The first host key, made if all were deleted: it opens every function, but no admin route."""
        known = keys(await self._document(HOST), "functionKeys")
        return known[0].value if known else (await self.put(HOST, "functionKeys", "default", None)).value

    async def system_key(self, name: str) -> str:
        """The system key called `name`, made if there is none."""
        for key in keys(await self._document(HOST), "systemKeys"):
            if key.name.lower() == name.lower():
                return key.value
        return (await self.put(HOST, "systemKeys", name, None)).value

    async def list(self, scope: str, field: str) -> Sequence[Key]:
        """The keys of one kind in one scope."""
        return keys(await self._document(scope), field)

    async def master(self) -> Key:
        """The master key."""
        return Key(name=MASTER, value=master_key(await self._document(HOST)))

    async def put(self, scope: str, field: str, name: str, value: str | None) -> Key:
        """Make or change a key; without a value it gets a random one. Usable at once."""
        key = Key(name=name, value=value or new_value())
        async with self._lock:
            document = await self._fresh(scope)
            is_master = name == MASTER
            changed = with_master_key(document, key.value) if is_master else with_key(document, field, key)
            await self._keep(scope, changed)
        return key

    async def delete(self, scope: str, field: str, name: str) -> bool:
        """Delete a key; False when there is none of that name."""
        async with self._lock:
            document = await self._fresh(scope)
            if all(key.name.lower() != name.lower() for key in keys(document, field)):
                return False
            await self._keep(scope, without_key(document, field, name))
        return True

    async def close(self) -> None:
        """Let go of the store's connections."""
        await self._store.close()

    async def _document(self, scope: str) -> KeyDocument:
        """The document as it was read a short while ago; one caller at a time reads it again."""
        known = self._read.get(scope)
        if known is not None and (self._clock() < known.until or self._lock.locked()):
            return known.document
        async with self._lock:
            known = self._read.get(scope)
            if known is not None and self._clock() < known.until:
                return known.document
            if known is None and self._failure is not None and self._clock() < self._failure[0]:
                raise KeysUnavailable(self._failure[1])
            try:
                return self._remember(scope, await self._fresh(scope))
            except (KeysUnavailable, ConfigError) as error:
                self._failure = (self._clock() + _AFTER_A_FAILURE, str(error))
                if known is None:
                    raise
                if str(error) != self._told:
                    _log.warning("%s The keys that are known go on to count.", error)
                self._told = str(error)
                return self._remember(scope, known.document)

    async def _fresh(self, scope: str) -> KeyDocument:
        kept = await self._store.load(scope)
        return kept if kept is not None else await self._store.create(scope, new_document(scope))

    async def _keep(self, scope: str, document: KeyDocument) -> None:
        await self._store.replace(scope, document)
        self._remember(scope, document)

    def _remember(self, scope: str, document: KeyDocument) -> KeyDocument:
        self._read[scope] = _Read(document, self._clock() + self._store.fresh_for)
        return document


def _is_one_of(presented: str, known: Sequence[Key]) -> bool:
    """Every key is compared, so that the time taken tells nothing about which one came close."""
    return sum(_same(presented, key.value) for key in known) > 0


def _same(presented: str, key: str) -> bool:
    return hmac.compare_digest(presented.encode(), key.encode())
