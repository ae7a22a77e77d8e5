"""Containers that are threads: each answers at an address of its own, or never does."""

import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from infra.errors import ApplyFailed
from infra.platforms.local_containers import Found, Started

BODY: Mapping[str, Any] = {
    "image": "m:1", "environment": {"WEBSITE_SITE_NAME": "app"}, "port": 0, "network": "host", "is_own": True,
    "ready_path": "/health/ready", "must_succeed": True, "start_limit": 1, "stop_limit": 5, "cpu": None, "memory": None,
    "labels": {}, "registry": {"server": "", "username": "", "password": ""},
}  # fmt: skip
FRONT: Mapping[str, Any] = {
    "port": 0, "request_limit": 230, "health_check_path": "", "health_check_interval": 30.0,
    "health_check_failures": 3, "start_limit": 1,
}  # fmt: skip


class ThreadContainers:
    """What an engine does for a deployment; images are what `images` says: `well`, `ill` or `ends`."""

    def __init__(self) -> None:
        self.images = {"m:1": "well", "m:2": "well", "broken:1": "ends", "ill:1": "ill"}
        self.running: dict[str, ThreadingHTTPServer | None] = {}
        self.environments: dict[str, Mapping[str, str]] = {}
        self.made_of: dict[str, str] = {}
        self.kept: list[str] = []
        self.pulled: list[Mapping[str, str]] = []

    def image_id(self, reference: str) -> str:
        return f"sha256:{reference}" if reference in self.images else ""

    def pull(self, reference: str, login: Mapping[str, str]) -> None:
        self.pulled.append(login)
        if reference not in self.images:
            raise ApplyFailed(f"Image pull failed: {reference}.")

    def start(self, name: str, body: Mapping[str, Any], environment: Mapping[str, str]) -> Started:
        container, kind = f"{name}-{len(self.made_of)}", self.images[body["image"]]
        self.made_of[container], self.environments[container] = body["image"], environment
        server = None if kind == "ends" else _serving(body["image"], 200 if kind == "well" else 503)
        self.running[container] = server
        port = server.server_address[1] if server is not None else 1
        return Started(container=container, addresses=[f"http://127.0.0.1:{port}"])

    def keep(self, container: str) -> None:
        self.kept.append(container)

    def find(self, container: str) -> Found | None:
        if container not in self.running:
            return None
        ended = self.running[container] is None
        return Found(
            state="exited" if ended else "running",
            exit_code=3 if ended else 0,
            image=f"sha256:{self.made_of[container]}",
            environment=self.environments[container],
        )

    def names(self) -> list[str]:
        return [*self.running]

    def remove(self, container: str, stop_limit: float) -> None:
        server = self.running.pop(container, None)
        if server is not None:
            server.shutdown()
            server.server_close()

    def logs(self, container: str, *, follow: bool = False, lines: int | str = "all") -> Iterator[str]:
        return iter([f"{container} says so"])


def _serving(text: str, status: int) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Tests have nothing to log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server
