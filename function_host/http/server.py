"""The open port: uvicorn on a socket of ours, started and stopped by the host rather than by signals."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn

from function_host.errors import AddressInUse
from triggers.asgi import ASGIApp


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The host decides what signals mean: listeners stop as well as the port."""
        yield


class HttpServer:
    """Serves one ASGI app at one address."""

    def __init__(self, app: ASGIApp, *, host: str, port: int) -> None:
        self._host, self._port = host, port
        config = uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
        self._server = _Server(config)
        self._serving: asyncio.Task[None] | None = None
        self._socket: socket.socket | None = None

    def bind(self) -> None:
        """Take the address (port 0 means a free one), but answer nobody yet; raises AddressInUse."""
        self._socket = self._bound()

    async def start(self) -> str:
        """Open the port and give back the base URL; raises AddressInUse."""
        listening = self._socket or self._bound()
        listening.listen(2048)
        self._socket = None
        port = listening.getsockname()[1]
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        while not self._server.started:
            if self._serving.done():
                await self._serving
            await asyncio.sleep(0.001)
        return f"http://{_reachable(self._host)}:{port}"

    async def stop(self) -> None:
        """Close the port; return when the requests that were taken are answered."""
        if self._socket is not None:
            self._socket.close()
        if self._serving is not None:
            self._server.should_exit = True
            await self._serving

    def _bound(self) -> socket.socket:
        # Named protocol: asyncio turns Nagle's algorithm off only on sockets that say they are TCP.
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((self._host, self._port))
        except OSError as error:
            listening.close()
            raise AddressInUse(
                f"Cannot listen on {self._host}:{self._port}: {error.strerror}. "
                "Choose another port, or 0 for a free one."
            ) from error
        listening.setblocking(False)  # noqa: FBT003 because that is the socket API
        return listening


def _reachable(host: str) -> str:
    """An address that a browser on this machine can open."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 because it is compared, not bound
