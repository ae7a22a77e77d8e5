import asyncio

import httpx
import pytest

from function_host.errors import AddressInUse
from function_host.http.server import HttpServer


async def _echo(scope, receive, send):
    message = await receive()
    await asyncio.sleep(0.02)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": message["body"]})


async def test_a_free_port_is_opened_and_answers_until_it_is_closed():
    server = HttpServer(_echo, host="127.0.0.1", port=0)
    url = await server.start()
    async with httpx.AsyncClient() as client:
        assert (await client.post(url, content=b"x")).content == b"x"
        await server.stop()
        with pytest.raises(httpx.TransportError):
            await client.post(url, content=b"x")


async def test_requests_that_were_taken_are_answered_before_it_stops():
    server = HttpServer(_echo, host="127.0.0.1", port=0)
    url = await server.start()
    async with httpx.AsyncClient() as client:
        asking = asyncio.create_task(client.post(url, content=b"late"))
        await asyncio.sleep(0.01)
        await server.stop()
        assert (await asking).content == b"late"


async def test_a_taken_port_is_named():
    server = HttpServer(_echo, host="127.0.0.1", port=0)
    url = await server.start()
    port = int(url.rsplit(":", 1)[1])
    with pytest.raises(AddressInUse, match=f"127.0.0.1:{port}"):
        await HttpServer(_echo, host="127.0.0.1", port=port).start()
    await server.stop()
