"""An Azure storage account (or Azurite): its blobs, and a ledger of empty blobs whose metadata are the facts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobProperties, ContentSettings
from azure.storage.blob.aio import BlobClient, BlobServiceClient, ContainerClient, ExponentialRetry

from triggers.azure_errors import translated
from triggers.blob_store import BlobContent, BlobInfo, BlobPage, Entry
from triggers.errors import SourceUnavailable

_PAGE = 5000
_BLOB_TYPES = {"BlockBlob": 0, "PageBlob": 1, "AppendBlob": 2}

Credential = Any
"""A key, a SAS, or a token credential of azure-identity; None when the connection string holds it."""


class AzureConnection:
    """The SDK's client of one account, made on first use and again after close()."""

    def __init__(self, make: Callable[..., BlobServiceClient], credential: Credential = None) -> None:
        self._make = make
        self._credential = credential
        self._client: BlobServiceClient | None = None

    @classmethod
    def from_connection_string(cls, text: str) -> "AzureConnection":
        """Raises ValueError when the text is no connection string of a storage account."""
        BlobServiceClient.from_connection_string(text)
        return cls(lambda **options: BlobServiceClient.from_connection_string(text, **options))

    @classmethod
    def from_url(cls, url: str, credential: Credential) -> "AzureConnection":
        """The account at a blob service URL, with a token credential that is closed with the connection."""
        return cls(lambda **options: BlobServiceClient(url, credential=credential, **options), credential)

    @property
    def client(self) -> BlobServiceClient:
        if self._client is None:
            # The SDK's own pauses (15 s and more) would hide an outage from the listener, which waits by itself.
            retry = ExponentialRetry(initial_backoff=0, increment_base=1, retry_total=2, random_jitter_range=1)
            self._client = self._make(retry_policy=retry, connection_timeout=10, read_timeout=60)
        return self._client

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()
        if self._credential is not None:
            await self._credential.close()

    def container(self, name: str) -> ContainerClient:
        return self.client.get_container_client(name)

    def blob(self, container: str, name: str) -> BlobClient:
        return self.client.get_blob_client(container, name)

    async def make_container(self, name: str) -> None:
        """Make the container unless it is there; raises SourceUnavailable."""
        with translated(f"make container {name!r}"), contextlib.suppress(ResourceExistsError):
            await self.container(name).create_container()


class AzureBlobs:
    """The blobs of an Azure account, as triggers.blob_store.BlobStore."""

    longest_pause = 1.0

    def __init__(self, connection: AzureConnection) -> None:
        self._connection = connection

    async def make_container(self, container: str) -> None:
        await self._connection.make_container(container)

    async def open(self, container: str) -> None:
        await self.make_container(container)

    async def pages(self, container: str, prefix: str) -> AsyncIterator[BlobPage]:
        dates: list[str] = []

        def note_date(response: Any) -> None:
            dates.append(response.http_response.headers["Date"])

        listing = self._connection.container(container).list_blobs(
            name_starts_with=prefix or None, results_per_page=_PAGE, raw_response_hook=note_date
        )
        pages = listing.by_page()
        while True:
            try:
                with translated(f"list container {container!r}"):
                    blobs = [_info(container, blob) async for blob in await anext(pages)]
            except StopAsyncIteration:
                return
            except SourceUnavailable as error:
                if not isinstance(error.__cause__, ResourceNotFoundError):
                    raise
                yield BlobPage(blobs=(), listed_at=datetime.now(UTC))
                return
            yield BlobPage(blobs=blobs, listed_at=parsedate_to_datetime(dates[-1]))

    async def changes(self, container: str, timeout: float) -> Sequence[BlobInfo]:
        await asyncio.sleep(timeout)
        return ()

    async def read(self, blob: BlobInfo) -> BlobContent | None:
        client = self._connection.blob(blob.container, blob.name)
        with translated(f"read blob {blob.path!r}", one_blob=True):
            try:
                download = await client.download_blob(etag=blob.etag, match_condition=MatchConditions.IfNotModified)
                data = await download.readall()
            except (ResourceNotFoundError, ResourceModifiedError):
                return None
        properties = download.properties
        return BlobContent(
            data=data,
            uri=client.url.partition("?")[0],
            properties=_dotnet(properties, len(data)),
            metadata=dict(properties.metadata or {}),
        )

    async def write(self, container: str, name: str, data: bytes, content_type: str) -> None:
        client = self._connection.blob(container, name)
        settings = ContentSettings(content_type=content_type)
        with translated(f"write blob '{container}/{name}'", one_blob=True):
            try:
                await client.upload_blob(data, overwrite=True, content_settings=settings)
            except ResourceNotFoundError:
                await self._connection.make_container(container)
                await client.upload_blob(data, overwrite=True, content_settings=settings)

    async def close(self) -> None:
        await self._connection.close()


class AzureLedger:
    """Entries as empty blobs of one container, in the form that Azure's own host reads and writes."""

    def __init__(self, connection: AzureConnection, container: str) -> None:
        self._connection = connection
        self._container = container

    async def create(self, name: str, facts: Mapping[str, str]) -> Entry | None:
        with translated(f"make receipt {name!r}", one_blob=True):
            try:
                return await self._put(name, facts, None)
            except ResourceNotFoundError:
                await self._connection.make_container(self._container)
            except (ResourceExistsError, ResourceModifiedError):
                return None
            with contextlib.suppress(ResourceExistsError, ResourceModifiedError):
                return await self._put(name, facts, None)
        return None

    async def read(self, name: str) -> Entry | None:
        with translated(f"read receipt {name!r}", one_blob=True):
            try:
                found = await self._connection.blob(self._container, name).get_blob_properties()
            except ResourceNotFoundError:
                return None
        return Entry(facts=dict(found.metadata or {}), version=found.etag)

    async def replace(self, name: str, facts: Mapping[str, str], version: str) -> Entry | None:
        with translated(f"write receipt {name!r}", one_blob=True):
            try:
                return await self._put(name, facts, version)
            except (ResourceNotFoundError, ResourceExistsError, ResourceModifiedError):
                return None

    async def _put(self, name: str, facts: Mapping[str, str], version: str | None) -> Entry:
        client = self._connection.blob(self._container, name)
        if version is None:
            answer = await client.upload_blob(b"", metadata=dict(facts))
        else:
            answer = await client.upload_blob(
                b"", metadata=dict(facts), overwrite=True, etag=version,
                match_condition=MatchConditions.IfNotModified,
            )  # fmt: skip
        return Entry(facts=facts, version=str(answer["etag"]))

    async def close(self) -> None:
        await self._connection.close()


def _info(container: str, blob: BlobProperties) -> BlobInfo:
    return BlobInfo(container=container, name=blob.name, etag=_quoted(blob.etag), last_modified=blob.last_modified)


def _quoted(etag: str) -> str:
    """The ETag as HTTP has it; listings leave the quotes out."""
    return etag if etag.startswith('"') else f'"{etag}"'


def _dotnet(blob: BlobProperties, length: int) -> Mapping[str, object]:
    """The properties under the names that .NET gives them."""
    content = blob.content_settings
    known: dict[str, object] = {
        "LastModified": blob.last_modified.isoformat(),
        "CreatedOn": blob.creation_time.isoformat() if blob.creation_time else None,
        "BlobType": _BLOB_TYPES.get(str(getattr(blob.blob_type, "value", blob.blob_type)), 0),
        "ContentLength": length,
        "ContentType": content.content_type,
        "ContentEncoding": content.content_encoding,
        "ContentLanguage": content.content_language,
        "CacheControl": content.cache_control,
        "ETag": blob.etag,
    }
    return {name: value for name, value in known.items() if value is not None}
