"""All keys of a host, made on first use, and what a presented key opens."""

import asyncio
import hmac
import time
from collections.abc import Sequence

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

ADMIN, FUNCTION, ANONYMOUS = "admin", "function", "anonymous"

_REFRESH_SECONDS = 60.0
"""An unknown key has the store read again, at most this often: another instance may have made it."""


class KeyRing:
    """Answers which authorization level a presented key gives, and changes keys."""

    def __init__(self, store: KeyStore) -> None:
        self._store = store
        self._documents: dict[str, KeyDocument] = {}
        self._read_at = time.monotonic()
        self._lock = asyncio.Lock()

    async def level(self, presented: str, function: str) -> str:
        """ADMIN for the master key, FUNCTION for a host key or a key of `function`, else ANONYMOUS."""
        found = await self._level(presented, function)
        if found == ANONYMOUS and time.monotonic() - self._read_at > _REFRESH_SECONDS:
            self._documents.clear()
            self._read_at = time.monotonic()
            found = await self._level(presented, function)
        return found

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

    async def _level(self, presented: str, function: str) -> str:
        host = await self._document(HOST)
        if _same(presented, master_key(host)):
            return ADMIN
        known = list(keys(host, "functionKeys"))
        if function:
            known += keys(await self._document(function.lower()), "keys")
        # Every key is compared, so that the time taken tells nothing about which one came close.
        return FUNCTION if sum(_same(presented, key.value) for key in known) else ANONYMOUS

    async def _document(self, scope: str) -> KeyDocument:
        if scope not in self._documents:
            self._documents[scope] = await self._fresh(scope)
        return self._documents[scope]

    async def _fresh(self, scope: str) -> KeyDocument:
        kept = await self._store.load(scope)
        return kept if kept is not None else await self._store.create(scope, new_document(scope))

    async def _keep(self, scope: str, document: KeyDocument) -> None:
        await self._store.replace(scope, document)
        self._documents[scope] = document


def _same(presented: str, key: str) -> bool:
    return hmac.compare_digest(presented.encode(), key.encode())
