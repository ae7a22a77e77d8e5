import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from infra.platforms.local_proxy import Proxy


@asynccontextmanager
async def serving(handler) -> AsyncIterator[str]:
    app = web.Application(client_max_size=1 << 24)
    app.router.add_route("*", "/{path:.*}", handler)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def echo(request: web.Request) -> web.StreamResponse:
    if request.path == "/stream":
        response = web.StreamResponse(headers={"X-Kind": "stream"})
        await response.prepare(request)
        for _ in range(3):
            await response.write(b"piece ")
        return response
    body = await request.read()
    said = [f"{request.method} {request.raw_path} {len(body)}", request.headers.get("Host", "")]
    said += [request.headers.get("X-Forwarded-Host", ""), str("Connection" in request.headers)]
    return web.Response(text="\n".join(said), status=201, headers={"X-Kind": "echo", "Set-Cookie": "a=b"})


@pytest.fixture
async def proxy():
    return Proxy(limit=5)


@pytest.fixture
async def client(proxy) -> AsyncIterator[TestClient]:
    async with TestClient(TestServer(proxy.app())) as made:
        yield made


async def test_before_there_is_a_container(client):
    answer = await client.get("/")

    assert (answer.status, await answer.json()) == (503, {"message": "The app has not started yet."})


async def test_requests_and_answers_go_through_as_they_are(proxy, client):
    async with serving(echo) as url:
        proxy.switch(url)
        answer = await client.post("/a%2Fb?x=1", data=b"123", headers={"Host": "me.example", "Keep-Alive": "9"})
        text = await answer.text()
        large = await client.put("/", data=io.BytesIO(b"x" * 3_000_000))
        head = await client.head("/")

    assert (answer.status, answer.headers["X-Kind"], answer.headers["Set-Cookie"]) == (201, "echo", "a=b")
    assert "Server" not in answer.headers
    assert text.split("\n")[:3] == ["POST /a%2Fb?x=1 3", "me.example", "me.example"]
    assert (await large.text()).startswith("PUT / 3000000")
    assert (head.status, await head.read()) == (201, b"")


async def test_bodies_of_unknown_length_come_in_pieces(proxy, client):
    async with serving(echo) as url:
        proxy.switch(url)
        answer = await client.get("/stream")

        assert (await answer.read(), answer.headers["X-Kind"]) == (b"piece piece piece ", "stream")


async def test_one_that_is_replaced_is_drained(proxy, client):
    gate = asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        await gate.wait()
        return web.Response(text="old")

    async with serving(slow) as old, serving(echo) as new:
        proxy.switch(old)
        waiting = asyncio.create_task(client.get("/"))
        await asyncio.sleep(0.03)
        before = proxy.switch(new)
        assert (await client.get("/")).status == 201
        assert await before.drained(0.01) == 1
        gate.set()
        assert await (await waiting).text() == "old"
        assert await before.drained(1) == 0
        assert proxy.switch(new) is None


async def test_what_a_container_does_not_answer(proxy, client):
    async def breaks(request: web.Request) -> web.Response:
        request.transport.abort()
        return web.Response()

    async with serving(breaks) as url:
        proxy.switch(url)
        assert (await client.get("/")).status == 502
    assert (await client.get("/")).status == 503
    slow = Proxy(limit=0.02)

    async def never(_: web.Request) -> web.Response:
        await asyncio.sleep(0.05)
        return web.Response()

    async with serving(never) as url, TestClient(TestServer(slow.app())) as impatient:
        slow.switch(url)
        assert (await impatient.get("/")).status == 504


async def test_an_answer_that_breaks_off_does_not_pass_for_a_whole(proxy, client):
    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "2000000"})
        await response.prepare(request)
        await response.write(b"x" * 10)
        request.transport.abort()
        return response

    async with serving(half) as url:
        proxy.switch(url)
        with pytest.raises(aiohttp.ClientError):
            await (await client.get("/")).read()


async def test_a_request_that_meets_a_closed_container_goes_to_the_new_one(proxy, client):
    proxy.switch("http://127.0.0.1:1")

    async with serving(echo) as url:
        asking = asyncio.create_task(client.get("/"))
        proxy.switch(url)

        assert (await asking).status == 201


@pytest.mark.parametrize(("asked", "path"), [("http://h/a%20b?c=/d", "/a%20b?c=/d"), ("http://h/", "/")])
async def test_a_whole_address_is_a_path(proxy, client, asked, path):
    async with serving(echo) as url:
        proxy.switch(url)
        reader, writer = await asyncio.open_connection(client.server.host, client.server.port)
        writer.write(f"GET {asked} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
        answer = (await reader.read()).decode()
        writer.close()

    assert answer.startswith("HTTP/1.1 201")
    assert f"GET {path} 0" in answer
