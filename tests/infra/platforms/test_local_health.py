import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from infra.platforms.local_health import HealthCheck, keep_well

CHECK = HealthCheck(path="/well", interval=0.005, failures=3, start_limit=1.0)


class App:
    """Answers what `statuses` says, the last one for good; `asked` counts."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.asked = 0
        self.restarts: list[int] = []

    async def answer(self, _: web.Request) -> web.Response:
        self.asked += 1
        return web.Response(status=self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0])

    async def restart(self) -> None:
        self.restarts.append(self.asked)
        self.statuses = [200]


async def watched(app: App, until: int, check: HealthCheck = CHECK) -> None:
    made = web.Application()
    made.router.add_get("/well", app.answer)
    async with TestServer(made) as server:
        url = str(server.make_url("")).rstrip("/")
        watching = asyncio.create_task(keep_well(check, lambda: url, app.restart))
        async with asyncio.timeout(10):
            while app.asked < until:  # noqa: ASYNC110 - it is asked by another task
                await asyncio.sleep(0.002)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


@pytest.mark.parametrize(
    ("statuses", "restarts"),
    [((200,), []), ((500, 500, 200), []), ((500, 404, 200, 503, 503, 503), [6]), ((500,), [3])],
)
async def test_only_failures_in_a_row_count(statuses, restarts):
    app = App(*statuses)

    await watched(app, 12)

    assert app.restarts == restarts


async def test_nothing_is_asked_while_there_is_no_container():
    app = App(200)
    watching = asyncio.create_task(keep_well(CHECK, lambda: "", app.restart))
    await asyncio.sleep(0.05)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching

    assert app.restarts == []


async def test_a_restart_that_fails_is_tried_again():
    class Unlucky(App):
        async def restart(self) -> None:
            if not self.restarts:
                self.restarts.append(self.asked)
                raise ConnectionError("no engine")
            await super().restart()

    app = Unlucky(500)
    short = replace(CHECK, start_limit=0.02)
    async with asyncio.timeout(10):
        await watched(app, 25, short)

    assert len(app.restarts) == 2
