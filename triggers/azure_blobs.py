"""An Azure storage account (or Azurite): its blobs, and a ledger of empty blobs whose metadata are the facts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
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
from azure.storage.blob.aio import BlobServiceClient

from triggers.azure_account import AzureClient
from triggers.azure_errors import translated
from triggers.blob_store import BlobContent, BlobInfo, BlobPage, Entry
from triggers.connections import Connection
from triggers.errors import SourceUnavailable

_PAGE = 5000
_BLOB_TYPES = {"BlockBlob": 0, "PageBlob": 1, "AppendBlob": 2}

BlobService = AzureClient[BlobServiceClient]


def blob_service(connection: Connection) -> BlobService:
    """The account's blobs for the SDK; raises ConnectionNotConfigured."""
    return AzureClient(BlobServiceClient, "blob", connection)


async def make_container(service: BlobService, name: str) -> None:
    """Make the container unless it is there; raises SourceUnavailable."""
    with translated(f"make container {name!r}"), contextlib.suppress(ResourceExistsError):
        await service.client.create_container(name)


class AzureBlobs:
    """The blobs of an Azure account, as triggers.blob_store.BlobStore."""

    longest_pause = 1.0

    def __init__(self, service: BlobService) -> None:
        self._service = service

    async def make_container(self, container: str) -> None:
        await make_container(self._service, container)

    async def open(self, container: str) -> None:
        await self.make_container(container)

    async def pages(self, container: str, prefix: str) -> AsyncIterator[BlobPage]:
        dates: list[str] = []

        def note_date(response: Any) -> None:
            dates.append(response.http_response.headers["Date"])

        listing = self._service.client.get_container_client(container).list_blobs(
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
        client = self._service.client.get_blob_client(blob.container, blob.name)
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
        client = self._service.client.get_blob_client(container, name)
        settings = ContentSettings(content_type=content_type)
        with translated(f"write blob '{container}/{name}'", one_blob=True):
            try:
                await client.upload_blob(data, overwrite=True, content_settings=settings)
            except ResourceNotFoundError:
                await make_container(self._service, container)
                await client.upload_blob(data, overwrite=True, content_settings=settings)

    async def create(self, container: str, name: str, data: bytes, content_type: str) -> bool:
        client = self._service.client.get_blob_client(container, name)
        settings = ContentSettings(content_type=content_type)
        with translated(f"make blob '{container}/{name}'", one_blob=True):
            try:
                try:
                    await client.upload_blob(data, content_settings=settings)
                except ResourceNotFoundError:
                    await make_container(self._service, container)
                    await client.upload_blob(data, content_settings=settings)
            except (ResourceExistsError, ResourceModifiedError):
                return False
        return True

    async def replace(self, blob: BlobInfo, data: bytes, content_type: str) -> bool:
        client = self._service.client.get_blob_client(blob.container, blob.name)
        with translated(f"replace blob {blob.path!r}", one_blob=True):
            try:
                await client.upload_blob(
                    data, overwrite=True, etag=blob.etag, match_condition=MatchConditions.IfNotModified,
                    content_settings=ContentSettings(content_type=content_type),
                )  # fmt: skip
            except (ResourceNotFoundError, ResourceExistsError, ResourceModifiedError):
                return False
        return True

    async def close(self) -> None:
        await self._service.close()


class AzureLedger:
    """Entries as empty blobs of one container, in the form that Azure's own host reads and writes."""

    def __init__(self, service: BlobService, container: str) -> None:
        self._service = service
        self._container = container

    async def create(self, name: str, facts: Mapping[str, str]) -> Entry | None:
        with translated(f"make receipt {name!r}", one_blob=True):
            try:
                return await self._put(name, facts, None)
            except ResourceNotFoundError:
                await make_container(self._service, self._container)
            except (ResourceExistsError, ResourceModifiedError):
                return None
            with contextlib.suppress(ResourceExistsError, ResourceModifiedError):
                return await self._put(name, facts, None)
        return None

    async def read(self, name: str) -> Entry | None:
        with translated(f"read receipt {name!r}", one_blob=True):
            try:
                found = await self._service.client.get_blob_client(self._container, name).get_blob_properties()
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
        client = self._service.client.get_blob_client(self._container, name)
        if version is None:
            answer = await client.upload_blob(b"", metadata=dict(facts))
        else:
            answer = await client.upload_blob(
                b"", metadata=dict(facts), overwrite=True, etag=version,
                match_condition=MatchConditions.IfNotModified,
            )  # fmt: skip
        return Entry(facts=facts, version=str(answer["etag"]))

    async def close(self) -> None:
        await self._service.close()


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
