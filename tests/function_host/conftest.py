"""Fixtures that put a small function app on disk, load it into a host, and put the process back as it was."""

import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from textwrap import dedent

import httpx
import pytest

from function_host.host import Host

WriteApp = Callable[[Mapping[str, str]], Path]


@pytest.fixture(autouse=True)
def process_state() -> Iterator[None]:
    """Loading an app changes the working directory, the import path, the modules, the environment and the loggers."""
    folder, path, modules, environment = Path.cwd(), list(sys.path), set(sys.modules), dict(os.environ)
    yield
    for logger in logging.root.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            logger.disabled = False
    os.chdir(folder)
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name in ("function_app", "score") or name.startswith("azureml"):
            del sys.modules[name]
    os.environ.clear()
    os.environ.update(environment)


@pytest.fixture
def write_app(tmp_path: Path) -> WriteApp:
    """Write files given as relative path -> text (dedented) into an app folder; give back the folder."""

    def write(files: Mapping[str, str]) -> Path:
        root = tmp_path / "app"
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
        return root

    return write


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., object]]:
    """Start the app in a folder inside this process and give back an HTTP client for it."""
    async with AsyncExitStack() as stack:

        async def start(root: Path, settings: Mapping[str, str] | None = None) -> tuple[Host, httpx.AsyncClient]:
            return await stack.enter_async_context(running(root, settings or {}))

        yield start


@asynccontextmanager
async def running(root: Path, settings: Mapping[str, str]) -> AsyncIterator[tuple[Host, httpx.AsyncClient]]:
    host = Host.load(root, settings)
    await host.start_functions()
    transport = httpx.ASGITransport(app=host.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield host, client
    await host.stop()
