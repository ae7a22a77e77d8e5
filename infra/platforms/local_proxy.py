"""The reverse proxy before a container: every request goes to the current one, and one that is replaced is drained."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

_LOGGER = logging.getLogger(__name__)
_OF_ONE_CONNECTION = (
    "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer",
    "Transfer-Encoding", "Upgrade", "Expect",
)  # fmt: skip
_ADDED_BY_AIOHTTP = ("Server", "Content-Type", "User-Agent", "Accept", "Accept-Encoding")
_SMALL = 1 << 20
"""Bodies of so many bytes go on in one piece."""
_KEPT = 2.0
"""Seconds for an idle connection: less than any server keeps it, so that no request meets a closed one."""


class Backend:
    """One container, and how many requests it has."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._requests = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @contextmanager
    def busy(self) -> Iterator[None]:
        self._requests += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._requests -= 1
            if not self._requests:
                self._idle.set()

    async def drained(self, patience: float) -> int:
        """Wait for its requests, `patience` seconds at most; how many are left."""
        try:
            async with asyncio.timeout(patience):
                await self._idle.wait()
        except TimeoutError:
            return self._requests
        return 0


class Proxy:
    """Passes requests on, bodies as they come; `current` is whom they go to."""

    def __init__(self, *, limit: float) -> None:
        """`limit` is how many seconds one request may take."""
        self.current: Backend | None = None
        self._limit = limit

    def app(self) -> web.Application:
        """What an aiohttp server serves."""
        made = web.Application()
        made.router.add_route("*", "/{path:.*}", self._handle)
        made.on_response_prepare.append(_without_additions)
        made.cleanup_ctx.append(self._connections)
        return made

    def switch(self, url: str) -> Backend | None:
        """Send new requests there ('': nowhere); gives the backend that had them until now, if it is another one."""
        before = self.current
        if before is not None and before.url == url:
            return None
        self.current = Backend(url) if url else None
        return before

    async def _connections(self, _: web.Application) -> AsyncIterator[None]:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT)
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=self._limit, sock_connect=5),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=_ADDED_BY_AIOHTTP,
        )
        yield
        await self._session.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        while (backend := self.current) is not None:
            with backend.busy():
                try:
                    return await self._passed_on(request, backend)
                except aiohttp.ClientConnectorError:
                    # One that has just been replaced may refuse, and then the new one is asked.
                    if self.current is backend:
                        return _unavailable(503, "The app does not answer; its container may be starting again.")
                except TimeoutError:
                    return _unavailable(504, f"The app did not answer within {self._limit:g} seconds.")
                except (aiohttp.ClientError, ConnectionError) as error:
                    _LOGGER.warning("%s %s: %r", request.method, request.path, error)
                    return _unavailable(502, "The app closed the connection without an answer.")
        return _unavailable(503, "The app has not started yet.")

    async def _passed_on(self, request: web.Request, backend: Backend) -> web.StreamResponse:
        async with self._session.request(
            request.method,
            URL(f"{backend.url}{_path(request.raw_path)}", encoded=True),
            headers=_headers(request),
            data=await _body(request),
            allow_redirects=False,
        ) as answer:
            headers = _of_the_message(answer.headers)
            if answer.content_length is not None and answer.content_length <= _SMALL and request.method != "HEAD":
                body = await answer.read()
                return web.Response(status=answer.status, reason=answer.reason, headers=headers, body=body)
            response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=headers)
            await response.prepare(request)
            await _stream(answer, response, request)
            return response


async def _stream(answer: aiohttp.ClientResponse, response: web.StreamResponse, request: web.Request) -> None:
    """An answer that breaks off breaks off here too, or half of it would pass for the whole."""
    try:
        async for piece in answer.content.iter_any():
            await response.write(piece)
        await response.write_eof()
    except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
        _LOGGER.warning("%s %s broke off: %r", request.method, request.path, error)
        if request.transport is not None:
            request.transport.abort()


def _path(asked: str) -> str:
    """Clients that take this for a proxy send the whole address (`GET http://host/path`)."""
    return asked if asked.startswith("/") else f"/{asked.partition('://')[2].partition('/')[2]}"


async def _body(request: web.Request) -> "bytes | aiohttp.StreamReader | None":
    if not request.body_exists:
        return None
    if request.content_length is not None and request.content_length <= _SMALL:
        return await request.content.read(-1)
    return request.content


def _headers(request: web.Request) -> "CIMultiDict[str]":
    headers = _of_the_message(request.headers)
    headers.setdefault("X-Forwarded-For", request.remote or "")
    headers.setdefault("X-Forwarded-Proto", request.scheme)
    headers.setdefault("X-Forwarded-Host", request.host)
    return headers


def _of_the_message(headers: "aiohttp.typedefs.LooseHeaders") -> "CIMultiDict[str]":
    """Without those that say something of the connection alone."""
    kept: CIMultiDict[str] = CIMultiDict(headers)
    named = [name.strip() for value in kept.getall("Connection", ()) for name in value.split(",")]
    for name in (*_OF_ONE_CONNECTION, *named):
        kept.popall(name, None)
    return kept


async def _without_additions(_: web.Request, response: web.StreamResponse) -> None:
    if response.headers.get("Server", "").startswith("Python/"):
        del response.headers["Server"]


def _unavailable(status: int, text: str) -> web.Response:
    return web.json_response({"message": text}, status=status)
