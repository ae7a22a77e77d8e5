"""Keys in a blob container of the host's storage account, where Azure's own host keeps them."""

import asyncio
import contextlib
import json
from collections.abc import Iterator

from function_host.errors import KeysUnavailable
from function_host.keys.contract import KeyDocument
from function_host.keys.document import read_document
from triggers.blob_store import ABSENT, BlobStore, newest
from triggers.errors import BlobRefused, SourceUnavailable
from triggers.http_body import whole

CONTAINER = "azure-webjobs-secrets"

_JSON = "application/json"
_LONGEST = 10.0
"""Seconds that a request waits for the account at most."""


class BlobKeyStore:
    """A KeyStore of one app: `<host id>/host.json`, and `<host id>/<function>.json` in lower case."""

    fresh_for = 10.0

    def __init__(self, blobs: BlobStore, host_id: str) -> None:
        self._blobs = blobs
        self._host_id = host_id

    async def load(self, scope: str) -> KeyDocument | None:
        name = self._name(scope)
        with _translated(name):
            async with asyncio.timeout(_LONGEST):
                content = await self._blobs.read(newest(CONTAINER, name))
        return None if content is None else read_document(whole(content.data), scope, _place(name))

    async def create(self, scope: str, document: KeyDocument) -> KeyDocument:
        name = self._name(scope)
        with _translated(name):
            async with asyncio.timeout(_LONGEST):
                if await self._blobs.write(CONTAINER, name, _written(document), _JSON, only_if=ABSENT):
                    return document
        return await self.load(scope) or document

    async def replace(self, scope: str, document: KeyDocument, instead_of: KeyDocument) -> bool:
        name = self._name(scope)
        with _translated(name):
            async with asyncio.timeout(_LONGEST):
                content = await self._blobs.read(newest(CONTAINER, name))
                if content is None or read_document(whole(content.data), scope, _place(name)) != instead_of:
                    return False
                version = str(content.properties["ETag"])
                written = await self._blobs.write(CONTAINER, name, _written(document), _JSON, only_if=version)
                return written is not None

    async def close(self) -> None:
        await self._blobs.close()

    def _name(self, scope: str) -> str:
        return f"{self._host_id}/{scope.lower()}.json"


def _written(document: KeyDocument) -> bytes:
    return json.dumps(document, indent=2).encode()


def _place(name: str) -> str:
    return f"The key blob {CONTAINER}/{name}"


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
