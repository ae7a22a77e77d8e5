"""Keys in a blob container of the host's storage account, where Azure's own host keeps them."""

import asyncio
import contextlib
import json
from collections.abc import Iterator

from function_host.errors import ConfigError, KeysUnavailable
from function_host.keys.contract import KeyDocument
from triggers.blob_store import BlobStore, newest
from triggers.errors import BlobRefused, SourceUnavailable

CONTAINER = "azure-webjobs-secrets"

_JSON = "application/json"
_LONGEST = 10.0
"""Seconds that a request waits for the account at most."""


class BlobKeyStore:
    """A KeyStore of one app: `<host id>/host.json`, and `<host id>/<function>.json` in lower case."""

    fresh_for = 60.0

    def __init__(self, blobs: BlobStore, host_id: str) -> None:
        self._blobs = blobs
        self._host_id = host_id

    async def load(self, scope: str) -> KeyDocument | None:
        name = self._name(scope)
        with _translated(name):
            async with asyncio.timeout(_LONGEST):
                content = await self._blobs.read(newest(CONTAINER, name))
        return None if content is None else _document(content.data, name)

    async def create(self, scope: str, document: KeyDocument) -> KeyDocument:
        name = self._name(scope)
        with _translated(name):
            async with asyncio.timeout(_LONGEST):
                if await self._blobs.create(CONTAINER, name, _written(document), _JSON):
                    return document
        return await self.load(scope) or document

    async def replace(self, scope: str, document: KeyDocument) -> None:
        name = self._name(scope)
        with _translated(name):
            async with asyncio.timeout(_LONGEST):
                await self._blobs.write(CONTAINER, name, _written(document), _JSON)

    async def close(self) -> None:
        await self._blobs.close()

    def _name(self, scope: str) -> str:
        return f"{self._host_id}/{scope.lower()}.json"


def _written(document: KeyDocument) -> bytes:
    return json.dumps(document, indent=2).encode()


def _document(data: bytes, name: str) -> KeyDocument:
    place = f"The key blob {CONTAINER}/{name}"
    try:
        document = json.loads(data)
    except ValueError as error:
        raise ConfigError(f"{place} is not JSON: {error}. Mend it, or delete it for new keys.") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{place} must hold a JSON object. Mend it, or delete it for new keys.")
    return document


@contextlib.contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except (SourceUnavailable, BlobRefused) as error:
        raise KeysUnavailable(f"The keys in {CONTAINER}/{name} cannot be reached. {error}") from error
    except TimeoutError as error:
        raise KeysUnavailable(
            f"The keys in {CONTAINER}/{name} cannot be reached: the account did not answer in {_LONGEST:.0f} seconds."
        ) from error
