"""An Azure storage account (or Azurite): its blobs, as triggers.blob_store.BlobStore."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob.aio import BlobServiceClient

from triggers.azure_account import AzureClient
from triggers.azure_errors import refusal, translated
from triggers.azure_listing import http_date, read_listing
from triggers.azure_rest import Answer, BlobRest, noted
from triggers.blob_store import ABSENT, ANY_VERSION, NO_FACTS, BlobContent, BlobInfo, BlobPage, Entry, Payload
from triggers.connections import Connection
from triggers.errors import SourceUnavailable
from triggers.http_body import whole

_PAGE = 5000
_NO_KIND = "application/octet-stream"
_OTHERWISE = {"BlobAlreadyExists", "BlobNotFound", "ConditionNotMet", "ContainerNotFound"}
"""What the account answers where a condition of a write is not met."""
_BLOB_TYPES = {"BlockBlob": 0, "PageBlob": 1, "AppendBlob": 2}
_DATES = {"LastModified": "last-modified", "CreatedOn": "x-ms-creation-time"}
_TEXTS = {
    "ContentType": "content-type",
    "ContentEncoding": "content-encoding",
    "ContentLanguage": "content-language",
    "ContentHash": "content-md5",
    "CacheControl": "cache-control",
    "AccessTier": "x-ms-access-tier",
    "ETag": "etag",
}


class BlobService(AzureClient[BlobServiceClient]):
    """The account's blobs through the SDK, and beside it through small requests."""

    def __init__(self, connection: Connection) -> None:
        """Nothing is sent; raises ConnectionNotConfigured for settings that name no account."""
        super().__init__(BlobServiceClient, "blob", connection)
        self.rest = BlobRest(self)

    async def close(self) -> None:
        await self.rest.close()
        await super().close()


def blob_service(connection: Connection) -> BlobService:
    """The account's blobs; raises ConnectionNotConfigured."""
    return BlobService(connection)


async def make_container(service: BlobService, name: str) -> None:
    """Make the container unless it is there; raises SourceUnavailable."""
    with translated(f"make container {name!r}"), contextlib.suppress(ResourceExistsError):
        await service.client.create_container(name)


class AzureBlobs:
    """The blobs of an Azure account, as triggers.blob_store.BlobStore."""

    longest_pause = 1.0

    def __init__(self, service: BlobService) -> None:
        self._service = service
        self._rest = service.rest

    @property
    def account(self) -> str:
        client = self._service.client
        return client.account_name or client.primary_hostname

    async def make_container(self, container: str) -> None:
        await make_container(self._service, container)

    async def open(self, container: str) -> None:
        await self.make_container(container)

    async def pages(self, container: str, prefix: str) -> AsyncIterator[BlobPage]:
        marker: str | None = ""
        while marker is not None:
            page, marker = await self._page(container, prefix, marker, _PAGE)
            yield page

    async def is_empty(self, container: str, prefix: str) -> bool:
        """Does no blob's name start with `prefix`? Raises SourceUnavailable."""
        marker: str | None = ""
        while marker is not None:
            page, marker = await self._page(container, prefix, marker, 1)
            # A page may be empty although others follow.
            if page.blobs:
                return False
        return True

    async def changes(self, container: str, timeout: float) -> Sequence[BlobInfo]:
        await asyncio.sleep(timeout)
        return ()

    async def read(self, blob: BlobInfo) -> BlobContent | None:
        doing = f"read blob {blob.path!r}"
        wanted = {} if blob.etag == ANY_VERSION else {"if-match": blob.etag}
        answer = await self._rest.send("GET", blob.path, doing=doing, headers=wanted)
        if answer.status == 404 or answer.code == "ConditionNotMet":
            return None
        _checked(answer, doing)
        return BlobContent(
            data=answer.body,
            uri=self._rest.url(blob.path),
            properties=_dotnet(answer),
            metadata=dict(answer.metadata),
        )

    async def write(
        self,
        container: str,
        name: str,
        data: Payload,
        content_type: str,
        *,
        facts: Mapping[str, str] = NO_FACTS,
        only_if: str | None = None,
    ) -> str | None:
        path = f"{container}/{name}"
        doing = f"write blob {path!r}"
        headers = {"x-ms-blob-type": "BlockBlob", "x-ms-blob-content-type": content_type, **noted(facts)}
        if only_if == ABSENT:
            headers["if-none-match"] = ANY_VERSION
        elif only_if is not None:
            headers["if-match"] = only_if
        answer = await self._rest.send("PUT", path, doing=doing, headers=headers, data=data)
        if answer.code == "ContainerNotFound" and only_if in (None, ABSENT):
            await self.make_container(container)
            answer = await self._rest.send("PUT", path, doing=doing, headers=headers, data=data)
        if only_if is not None and answer.code in _OTHERWISE:
            return None
        return _checked(answer, doing).headers["etag"]

    async def facts(self, container: str, name: str) -> Entry | None:
        path = f"{container}/{name}"
        doing = f"look at blob {path!r}"
        answer = await self._rest.send("HEAD", path, doing=doing)
        if answer.status == 404:
            return None
        return Entry(facts=_checked(answer, doing).facts, version=answer.headers["etag"])

    async def delete(self, container: str, name: str) -> None:
        doing = f"delete blob '{container}/{name}'"
        headers = {"x-ms-delete-snapshots": "include"}
        answer = await self._rest.send("DELETE", f"{container}/{name}", doing=doing, headers=headers)
        if answer.status != 404:
            _checked(answer, doing)

    async def close(self) -> None:
        await self._service.close()

    async def _page(self, container: str, prefix: str, marker: str, most: int) -> tuple[BlobPage, str | None]:
        """A page, and the marker of the next one, None after the last; a container that is missing has no blobs."""
        doing = f"list container {container!r}"
        query = {"comp": "list", "maxresults": str(most), "restype": "container"}
        query |= {name: value for name, value in {"marker": marker, "prefix": prefix}.items() if value}
        answer = await self._rest.send("GET", container, doing=doing, query=query)
        if answer.status == 404:
            return BlobPage(blobs=(), listed_at=datetime.now(UTC)), None
        _checked(answer, doing, one_blob=False)
        try:
            blobs, following = read_listing(whole(answer.body), container)
            listed_at = http_date(answer.headers["date"])
        except (ValueError, LookupError) as error:
            raise SourceUnavailable(f"The storage account gave what cannot be read to {doing}: {error}.") from error
        return BlobPage(blobs=blobs, listed_at=listed_at), following or None


class AzureLedger:
    """Entries as empty blobs of one container whose metadata are the facts: the form of Azure's own host."""

    def __init__(self, service: BlobService, container: str) -> None:
        self._blobs = AzureBlobs(service)
        self._container = container

    async def create(self, name: str, facts: Mapping[str, str]) -> Entry | None:
        return await self._write(name, facts, ABSENT)

    async def read(self, name: str) -> Entry | None:
        return await self._blobs.facts(self._container, name)

    async def put(self, name: str, facts: Mapping[str, str]) -> None:
        await self._write(name, facts, None)

    async def is_empty(self, folder: str) -> bool:
        return await self._blobs.is_empty(self._container, f"{folder}/")

    async def replace(self, name: str, facts: Mapping[str, str], version: str) -> Entry | None:
        return await self._write(name, facts, version)

    async def close(self) -> None:
        await self._blobs.close()

    async def _write(self, name: str, facts: Mapping[str, str], only_if: str | None) -> Entry | None:
        etag = await self._blobs.write(self._container, name, b"", _NO_KIND, facts=facts, only_if=only_if)
        return None if etag is None else Entry(facts=dict(facts), version=etag)


def _checked(answer: Answer, doing: str, *, one_blob: bool = True) -> Answer:
    """The answer if it says yes; raises BlobRefused or SourceUnavailable."""
    if answer.status >= 300:
        raise refusal(doing, answer.status, answer.code or "without a reason", one_blob=one_blob)
    return answer


def _dotnet(answer: Answer) -> Mapping[str, object]:
    """The properties under the names that .NET gives them."""
    headers, body = answer.headers, answer.body
    dates = {name: http_date(headers[key]).isoformat() for name, key in _DATES.items() if key in headers}
    return {
        **dates,
        "BlobType": _BLOB_TYPES.get(headers.get("x-ms-blob-type", ""), 0),
        "ContentLength": len(body) if isinstance(body, bytes) else body.size,
        **{name: headers[key] for name, key in _TEXTS.items() if headers.get(key)},
    }
