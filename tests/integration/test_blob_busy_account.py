"""An account that says it is busy, or that refuses the credentials: the host waits, tells of it, and goes on."""

import asyncio
import json

import aiohttp
import pytest
from aiohttp import web

from tests.function_host.conftest import process_state, serve, write_app
from tests.integration.test_blob_life import World

__all__ = ["process_state", "serve", "write_app"]

pytestmark = pytest.mark.azurite

SIGNED = ("authorization", "content-length", "content-type", "if-match", "if-none-match")


class BusyFront:
    """Stands before the account's blobs and answers for it while it is told to."""

    def __init__(self, target: str) -> None:
        self._target = target
        self.answer: int | None = None
        self.refused = 0

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        if self.answer is not None:
            self.refused += 1
            return web.Response(status=self.answer, headers={"x-ms-error-code": "ServerBusy", "retry-after": "1"})
        headers = {
            name: text for name, text in request.headers.items() if name.lower() in SIGNED or name.startswith("x-ms-")
        }
        async with (
            aiohttp.ClientSession(skip_auto_headers=("Content-Type",)) as session,
            session.request(
                request.method, f"{self._target}{request.raw_path}", headers=headers, data=body or None
            ) as answer,
        ):
            content = await answer.read()
            kept = {n: t for n, t in answer.headers.items() if n.lower() not in ("transfer-encoding", "connection")}
            return web.Response(status=answer.status, headers=kept, body=content or None)


@pytest.fixture
async def front(azurite):
    front = BusyFront(f"http://127.0.0.1:{azurite.blob_port}")
    runner = web.ServerRunner(web.Server(front, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    front.port = runner.addresses[0][1]
    yield front
    await runner.cleanup()


def through(front: BusyFront, azurite) -> str:
    return azurite.connection_string.replace(f"127.0.0.1:{azurite.blob_port}", f"127.0.0.1:{front.port}")


@pytest.mark.parametrize("status", [503, 429])
async def test_a_busy_account_is_left_alone_for_a_while_and_nothing_is_lost(
    azurite, front, write_app, serve, status, caplog
):
    world, direct = World(through(front, azurite), write_app, serve), World(azurite.connection_string, write_app, serve)
    direct.inbox, direct.outbox = world.inbox, world.outbox
    await world.start()
    await direct.put("a.txt", "one")
    await direct.comes("a_out.txt", "ONE")
    front.answer = status
    for number in range(20):
        await direct.put(f"{number}.txt", f"n{number}")
    await asyncio.sleep(3.0)
    assert 0 < front.refused < 100
    front.answer = None
    for number in range(20):
        await direct.comes(f"{number}_out.txt", f"N{number}")
    assert "Failed" not in caplog.text
    await close(world, direct)


async def test_wrong_credentials_are_told_with_the_accounts_own_word(azurite, write_app, serve, caplog):
    wrong = azurite.connection_string.replace("AccountKey=", "AccountKey=AAAA")
    world = World(wrong, write_app, serve)
    host, client = await world.start()
    async with asyncio.timeout(10):
        while "403 " not in caplog.text:  # noqa: ASYNC110 - the log tells of nothing
            await asyncio.sleep(0.05)
    assert "AccountKey" not in caplog.text
    assert (await client.get("/admin/host/ping")).status_code == 200
    assert json.dumps(host.status.failures) == "{}"
    await close(world)


async def close(*worlds: World) -> None:
    for world in worlds:
        await world.blobs.close()
        await world.queues.close()
