"""Fixtures of the host's own tests, and a short way to start an app given as text."""

from collections.abc import Mapping

import pytest

from tests.function_host.conftest import process_state, serve, write_app

__all__ = ["process_state", "serve", "write_app"]

HEADER = "import azure.functions as func\napp = func.FunctionApp(http_auth_level=func.AuthLevel.{level})\n"


@pytest.fixture
def app(write_app, serve):
    """Start function_app.py made of the given lines; gives back host and client."""

    async def start(
        body: str, *, level: str = "ANONYMOUS", host_json: str = "", settings: Mapping[str, str] | None = None
    ):
        files = {"function_app.py": HEADER.format(level=level) + body}
        if host_json:
            files["host.json"] = host_json
        return await serve(write_app(files), settings)

    return start
