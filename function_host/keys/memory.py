"""Keys that live as long as the host."""

import math

from function_host.keys.contract import KeyDocument


class MemoryKeyStore:
    """A KeyStore for tests, and for hosts that were given no place to keep keys."""

    fresh_for = math.inf

    def __init__(self) -> None:
        self._documents: dict[str, KeyDocument] = {}

    async def load(self, scope: str) -> KeyDocument | None:
        return self._documents.get(scope)

    async def create(self, scope: str, document: KeyDocument) -> KeyDocument:
        return self._documents.setdefault(scope, document)

    async def replace(self, scope: str, document: KeyDocument, instead_of: KeyDocument) -> bool:
        if self._documents.get(scope) != instead_of:
            return False
        self._documents[scope] = document
        return True

    async def close(self) -> None:
        """Nothing is kept open."""
