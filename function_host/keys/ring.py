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

_AFTER_A_MISS = 1.0
"""Seconds in which a document is not read again for keys that are not in it."""
_AFTER_A_FAILURE = 1.0
"""Seconds in which a store that could not be reached is not asked again."""
_TRIES = 20
"""How often a change is made again on top of what others changed meanwhile."""

_log = logging.getLogger("Host.Keys")


@dataclass(frozen=True, slots=True)
class _Read:
    document: KeyDocument
    until: float
    until_a_miss: float
    """Good so long for a key that it does not know: another host may have made that one just now."""


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
        level = await self._level(presented, function, missed=False)
        return level if level != ANONYMOUS else await self._level(presented, function, missed=True)

    async def _level(self, presented: str, function: str, *, missed: bool) -> str:
        host = await self._document(HOST, missed=missed)
        if _same(presented, master_key(host)):
            return ADMIN
        if _is_one_of(presented, keys(host, "functionKeys")):
            return FUNCTION
        own = keys(await self._document(function.lower(), missed=missed), "keys") if function else ()
        return FUNCTION if _is_one_of(presented, own) else ANONYMOUS

    async def is_system_key(self, presented: str, name: str) -> bool:
        """Is it the system key called `name`?"""
        for missed in (False, True):
            known = _named(keys(await self._document(HOST, missed=missed), "systemKeys"), name)
            if known is not None and _same(presented, known.value):
                return True
        return False

    async def prepare(self) -> None:
        """Have the host's keys made and kept now rather than with the first request that needs them."""
        await self._document(HOST)

    async def host_key(self) -> str:
        """The first host key, made if all were deleted: it opens every function, but no admin route."""
        known = keys(await self._document(HOST), "functionKeys")
        return known[0].value if known else await self._made("functionKeys", "default")

    async def system_key(self, name: str) -> str:
        """The system key called `name`, made if there is none."""
        known = _named(keys(await self._document(HOST), "systemKeys"), name)
        return known.value if known else await self._made("systemKeys", name)

    async def _made(self, field: str, name: str) -> str:
        """The value of a new key, or the one that another host made first."""
        new = Key(name=name, value=new_value())

        def with_new(document: KeyDocument) -> KeyDocument:
            return document if _named(keys(document, field), name) else with_key(document, field, new)

        made = _named(keys(await self._change(HOST, with_new), field), name)
        return made.value if made else new.value

    async def list(self, scope: str, field: str) -> Sequence[Key]:
        """The keys of one kind in one scope."""
        return keys(await self._document(scope), field)

    async def master(self) -> Key:
        """The master key."""
        return Key(name=MASTER, value=master_key(await self._document(HOST)))

    async def put(self, scope: str, field: str, name: str, value: str | None) -> Key:
        """Make or change a key; without a value it gets a random one. Usable at once."""
        key = Key(name=name, value=value or new_value())

        def with_it(document: KeyDocument) -> KeyDocument:
            return with_master_key(document, key.value) if name == MASTER else with_key(document, field, key)

        await self._change(scope, with_it)
        return key

    async def delete(self, scope: str, field: str, name: str) -> bool:
        """Delete a key; False when there is none of that name."""
        there = False

        def without_it(document: KeyDocument) -> KeyDocument:
            nonlocal there
            there = _named(keys(document, field), name) is not None
            return without_key(document, field, name) if there else document

        await self._change(scope, without_it)
        return there

    async def close(self) -> None:
        """Let go of the store's connections."""
        await self._store.close()

    async def _document(self, scope: str, *, missed: bool = False) -> KeyDocument:
        """The document as it was read a short while ago; one caller at a time reads it again."""
        known = self._read.get(scope)
        if known is not None and (self._is_fresh(known, missed=missed) or self._lock.locked()):
            return known.document
        async with self._lock:
            known = self._read.get(scope)
            if known is not None and self._is_fresh(known, missed=missed):
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
                # A guess must not have a store asked that just failed to answer.
                return self._remember(scope, known.document, until_a_miss=self._store.fresh_for)

    def _is_fresh(self, known: _Read, *, missed: bool) -> bool:
        return self._clock() < (known.until_a_miss if missed else known.until)

    async def _fresh(self, scope: str) -> KeyDocument:
        kept = await self._store.load(scope)
        return kept if kept is not None else await self._store.create(scope, new_document(scope))

    async def _change(self, scope: str, change: Callable[[KeyDocument], KeyDocument]) -> KeyDocument:
        """The changed document; what other hosts change at the same time is kept."""
        async with self._lock:
            for _ in range(_TRIES):
                document = await self._fresh(scope)
                changed = change(document)
                if changed == document or await self._store.replace(scope, changed, document):
                    return self._remember(scope, changed)
        raise KeysUnavailable(f"The keys of {scope!r} are being changed by others all the time; try again later.")

    def _remember(self, scope: str, document: KeyDocument, until_a_miss: float = _AFTER_A_MISS) -> KeyDocument:
        fresh_for = self._store.fresh_for
        now = self._clock()
        self._read[scope] = _Read(document, now + fresh_for, now + min(fresh_for, until_a_miss))
        return document


def _named(known: Sequence[Key], name: str) -> Key | None:
    return next((key for key in known if key.name.lower() == name.lower()), None)


def _is_one_of(presented: str, known: Sequence[Key]) -> bool:
    """Every key is compared, so that the time taken tells nothing about which one came close."""
    return sum(_same(presented, key.value) for key in known) > 0


def _same(presented: str, key: str) -> bool:
    return hmac.compare_digest(presented.encode(), key.encode())
