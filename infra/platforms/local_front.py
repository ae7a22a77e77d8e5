"""The process before a deployment's container: one address that stays, whatever container answers behind it."""

import asyncio
import logging
import secrets
import signal
import sys
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any

from aiohttp import web

from infra.platforms.local_control import FRONT, TOKEN
from infra.platforms.local_daemon import alone, announce
from infra.platforms.local_folder import DeploymentFolder
from infra.platforms.local_health import HealthCheck, keep_well
from infra.platforms.local_proxy import Proxy
from packager.docker_engine import connect
from packager.errors import EngineUnavailable

_LOGGER = logging.getLogger(__name__)
_RESTART_GRACE = 10


class Front:
    """Serves what the folder's state says; `POST /reload` on the second address reads it again."""

    def __init__(self, folder: DeploymentFolder) -> None:
        self._folder = folder
        self._state = folder.state()
        self._proxy = Proxy(limit=self._state["front"]["request_limit"])
        self._token = secrets.token_urlsafe(24)
        self._watching: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Until SIGTERM or SIGINT; requests that were taken are answered."""
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        async with AsyncExitStack() as parts:
            self._proxy.switch(self._current("address"))
            control = web.Application()
            control.router.add_post("/reload", self._reload)
            port = await _served(self._proxy.app(), self._state["port"], parts)
            control_port = await _served(control, 0, parts)
            details = {"port": port, "control": f"http://127.0.0.1:{control_port}", "token": self._token}
            announce(FRONT, self._folder.path, details)
            self._watch()
            parts.push_async_callback(self._watch_no_more)
            await stopping.wait()

    def _watch(self) -> None:
        settings = self._state["front"]
        check = HealthCheck(
            path=settings["health_check_path"],
            interval=settings["health_check_interval"],
            failures=settings["health_check_failures"],
            start_limit=settings["start_limit"],
        )
        if check.path:
            watched = keep_well(check, lambda: self._current("address"), self._restart)
            self._watching = asyncio.create_task(watched)

    async def _watch_no_more(self) -> None:
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.cancel()
            await asyncio.wait([watching])

    async def _reload(self, request: web.Request) -> web.Response:
        """Answers when the container that had the requests until now has none any more."""
        if not secrets.compare_digest(request.headers.get(TOKEN, ""), self._token):
            return web.json_response({"message": "The token is not this front's."}, status=401)
        self._state = self._folder.state()
        before = self._proxy.switch(self._current("address"))
        await self._watch_no_more()
        self._watch()
        left = await before.drained(self._state["front"]["request_limit"]) if before is not None else 0
        return web.json_response({"left": left})

    async def _restart(self) -> None:
        await asyncio.to_thread(_restart_container, self._current("container"))

    def _current(self, name: str) -> str:
        found: dict[str, Any] = self._state.get("current") or {}
        return str(found.get(name, ""))


async def _served(app: web.Application, port: int, parts: AsyncExitStack) -> int:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=10.0)
    await runner.setup()
    parts.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", port, backlog=2048).start()
    return int(runner.addresses[0][1])


def _restart_container(name: str) -> None:
    from docker.errors import DockerException

    try:
        with closing(connect()) as client:
            client.containers.get(name).restart(timeout=_RESTART_GRACE)
    # OSError is what requests raises when the engine goes away.
    except (DockerException, EngineUnavailable, OSError) as error:
        _LOGGER.warning("The container %s cannot be started again: %s", name, error)


def main() -> None:
    """`python -m infra.platforms.local_front FOLDER`."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    folder = Path(sys.argv[1])
    with alone(FRONT, folder):
        try:
            asyncio.run(Front(DeploymentFolder(folder)).run())
        except OSError as error:
            sys.exit(f"The front cannot listen: {error}")


if __name__ == "__main__":
    main()
