"""Small requests to a storage account's blobs, at a fraction of the processor time that the SDK takes for each.

A blob costs three of them, and the SDK's cost is most of what a host does for a small one (see
tests/benchmarks/blobs.py). Whatever is done less often goes through the SDK.
"""

import asyncio
import base64
import hmac
import os
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import IO, Any
from urllib.parse import quote, unquote

import aiohttp
from azure.core.exceptions import AzureError
from multidict import CIMultiDict
from yarl import URL

from triggers.azure_account import AzureClient
from triggers.azure_errors import unreachable
from triggers.blob_store import NO_FACTS, Payload
from triggers.http_body import SpooledBody

_VERSION = "2021-12-02"
_SCOPE = "https://storage.azure.com/.default"
_TIMES = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)
_TRIES = 3
_PAUSE = 0.2
_MEMORY_LIMIT = 8 * 1024 * 1024
"""Bytes of an answer that are kept in memory; a larger one goes to disk as it arrives."""
_CHUNK = 1024 * 1024
_SIGNED = ("content-length", "content-type", "if-match", "if-none-match")
_TOKEN_MARGIN = 300
"""Seconds before its end from which on a token is no longer used."""
_NOTED = "x-ms-meta-"
_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) != "%")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the account said."""

    status: int
    headers: Mapping[str, str]
    """Their names ignore case."""
    body: bytes | SpooledBody

    @property
    def code(self) -> str:
        """The service's own word for what went wrong, such as `BlobNotFound`."""
        return self.headers.get("x-ms-error-code", "")

    @property
    def metadata(self) -> Mapping[str, str]:
        """The blob's metadata as they are; the names ignore case, as the account may change it."""
        return CIMultiDict({name[len(_NOTED) :]: text for name, text in self.headers.items() if _is_noted(name)})

    @property
    def facts(self) -> Mapping[str, str]:
        """The metadata as `noted` was given them."""
        return CIMultiDict({name: unquote(text) for name, text in self.metadata.items()})


def noted(facts: Mapping[str, str]) -> dict[str, str]:
    """The headers that note `facts` with a blob; a header holds ASCII alone, so the rest is percent-encoded."""
    return {f"{_NOTED}{name}": _encoded(value) for name, value in facts.items()}


class BlobRest:
    """Requests for the blobs of one account; connects on first use and again after close()."""

    def __init__(self, service: AzureClient[Any]) -> None:
        self._service = service
        self._session: aiohttp.ClientSession | None = None
        self._endpoint = self._query = self._root = ""
        self._token, self._token_ends = "", 0.0

    async def send(
        self,
        method: str,
        path: str,
        *,
        doing: str,
        headers: Mapping[str, str] = NO_FACTS,
        query: Mapping[str, str] = NO_FACTS,
        data: Payload | None = None,
    ) -> Answer:
        """The answer to one request for `container/name`, tried again when the service is out of reach or busy.

        Names of `headers` (but for metadata) and `query` are in lower case. Raises SourceUnavailable when there is no
        answer at all.
        """
        for left in reversed(range(_TRIES)):
            try:
                answer = await self._once(method, quote(path), dict(headers), query, data)
            except (aiohttp.ClientError, AzureError, OSError, TimeoutError) as error:
                if not left:
                    raise unreachable(doing, str(error) or type(error).__name__) from error
            else:
                if not left or (answer.status < 500 and answer.status not in (408, 429)):
                    return answer
            await asyncio.sleep(_PAUSE * (_TRIES - left))
        raise AssertionError("The last try returns or raises.")

    def url(self, path: str) -> str:
        """The address of `container/name`, without anything secret."""
        self._connect()
        return f"{self._endpoint}/{quote(path)}"

    async def close(self) -> None:
        """Let go of the connections. The SDK's client belongs to whoever made it."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _once(
        self, method: str, path: str, headers: dict[str, str], query: Mapping[str, str], data: Payload | None
    ) -> Answer:
        session = self._connect()
        if data is not None:
            headers["content-length"] = str(_length(data))
        headers["x-ms-date"] = formatdate(usegmt=True)
        headers["x-ms-version"] = _VERSION
        await self._sign(method, path, headers, query)
        tail = "&".join(filter(None, (asked(query), self._query)))
        url = URL(f"{self._endpoint}/{path}{'?' if tail else ''}{tail}", encoded=True)
        body = data if data is None or isinstance(data, bytes) else _pieces(data)
        async with session.request(method, url, headers=headers, data=body, allow_redirects=False) as response:
            return Answer(status=response.status, headers=response.headers, body=await _body(response))

    def _connect(self) -> aiohttp.ClientSession:
        if self._session is None:
            endpoint, _, self._query = self._service.client.url.partition("?")
            self._endpoint = endpoint.rstrip("/")
            self._root = URL(self._endpoint).raw_path.rstrip("/")
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), timeout=_TIMES, auto_decompress=False,
                skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
            )  # fmt: skip
        return self._session

    async def _sign(self, method: str, path: str, headers: dict[str, str], query: Mapping[str, str]) -> None:
        """As the account's key or the identity's token wants it; a shared access signature is in the query."""
        credential = self._service.client.credential
        if hasattr(credential, "account_key"):
            resource = f"/{credential.account_name}{self._root}/{path}"
            signature = shared_key_signature(credential.account_key, method, resource, headers, query)
            headers["authorization"] = f"SharedKey {credential.account_name}:{signature}"
        elif credential is not None:
            headers["authorization"] = f"Bearer {await self._bearer(credential)}"

    async def _bearer(self, credential: Any) -> str:
        if time.time() > self._token_ends - _TOKEN_MARGIN:
            found = await credential.get_token(_SCOPE)
            self._token, self._token_ends = found.token, found.expires_on
        return self._token


def asked(query: Mapping[str, str]) -> str:
    """The query as a URL has it."""
    return "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in query.items())


def shared_key_signature(
    key: str, method: str, resource: str, headers: Mapping[str, str], query: Mapping[str, str] = NO_FACTS
) -> str:
    """What signs a request; names of `headers` (but for metadata) and `query` are in lower case."""
    length, kind, match, none_match = (headers.get(name, "") for name in _SIGNED)
    own = sorted(
        ((name.lower(), value.strip()) for name, value in headers.items() if name.startswith("x-ms-")),
        key=lambda pair: _weight(pair[0]),
    )
    stated = "".join(f"{name}:{value}\n" for name, value in own)
    length = "" if length == "0" else length
    parameters = "".join(f"\n{name}:{query[name]}" for name in sorted(query))
    text = f"{method}\n\n\n{length}\n\n{kind}\n\n\n{match}\n{none_match}\n\n\n{stated}{resource}{parameters}"
    return base64.b64encode(hmac.digest(base64.b64decode(key), text.encode(), "sha256")).decode()


def _weight(header: str) -> str:
    """The service sorts names as if they had no hyphens, and underscores before digits."""
    return header.replace("-", "").replace("_", " ")


def _is_noted(header: str) -> bool:
    return header.lower().startswith(_NOTED)


def _encoded(text: str) -> str:
    """Spaces are kept where no party on the way trims or joins them."""
    has_odd_spaces = text != text.strip(" ") or "  " in text
    return quote(text, safe=_PRINTABLE if has_odd_spaces else f"{_PRINTABLE} ")


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    """The file from its beginning; handed over as it is, it would be closed, and it may have to be sent again."""
    file.seek(0)
    while piece := await asyncio.to_thread(file.read, _CHUNK):
        yield piece


def _length(data: Payload) -> int:
    return len(data) if isinstance(data, bytes) else data.seek(0, os.SEEK_END)


async def _body(response: aiohttp.ClientResponse) -> bytes | SpooledBody:
    kept = bytearray()
    async for piece in response.content.iter_chunked(_CHUNK):
        kept += piece
        if len(kept) > _MEMORY_LIMIT:
            return await _spooled(kept, response)
    return bytes(kept)


async def _spooled(beginning: bytearray, response: aiohttp.ClientResponse) -> SpooledBody:
    file = tempfile.TemporaryFile()  # noqa: SIM115 because its reader closes it
    try:
        await asyncio.to_thread(file.write, beginning)
        beginning.clear()
        async for piece in response.content.iter_chunked(_CHUNK):
            await asyncio.to_thread(file.write, piece)
    except BaseException:  # because nobody else has the file yet
        file.close()
        raise
    return SpooledBody(file)
