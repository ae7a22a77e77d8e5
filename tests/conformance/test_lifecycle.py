"""How a host starts slowly and stops gently, as a process of its own, one test per row of the conformance table."""

import asyncio
import base64
import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from azure.storage.queue import QueueServiceClient

HEAD = """
import os, time
from pathlib import Path
import azure.functions as func
from azure.functions.warmup import WarmUpContext

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
here = Path(os.environ["SIGNS"])

def wait_at(place: str) -> None:
    (here / place).touch()
    while not (here / f"{place}.go").exists():
        time.sleep(0.01)

@app.route(route="f")
def f(req: func.HttpRequest) -> str:
    return "warm"
"""
QUEUE = """
@app.queue_trigger(arg_name="message", queue_name="%Queue%", connection="Store")
def work(message: func.QueueMessage) -> None:
    wait_at(message.get_body().decode())
"""
SLOW = """
@app.warm_up_trigger(arg_name="warmup")
def warm_up(warmup: WarmUpContext) -> None:
    wait_at("warming")
"""
BLOB = """
@app.route(route="slow")
def slow(req: func.HttpRequest) -> str:
    wait_at("slow")
    return "answered"

@app.blob_trigger(arg_name="blob", path="input/{name}", connection="Store")
def on_blob(blob: func.InputStream) -> None:
    (here / "blob").touch()
"""
ONE_BY_ONE = {"version": "2.0", "extensions": {"queues": {"batchSize": 1, "newBatchThreshold": 0}}}


@contextmanager
def host(root: Path, signs: Path, *options: str, **settings: str):
    """The host as a process; it is killed when the test leaves it running."""
    signs.mkdir()
    command = [sys.executable, "-m", "function_host", "start", "--script-root", str(root), *options]
    env = {**os.environ, "SIGNS": str(signs), **settings}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env) as process:
        try:
            yield process
        finally:
            process.kill()


async def appears(path: Path) -> None:
    async with asyncio.timeout(30):
        while not path.exists():  # noqa: ASYNC110, ASYNC240 - the file is another process's
            await asyncio.sleep(0.02)


@pytest.mark.azurite
async def test_row_81_a_running_function_completes_and_is_settled_and_nothing_new_is_taken(
    write_app, tmp_path, azurite
):
    name = f"q{uuid.uuid4().hex}"
    signs = tmp_path / "signs"
    root = write_app({"function_app.py": HEAD + QUEUE, "host.json": json.dumps(ONE_BY_ONE)})
    with QueueServiceClient.from_connection_string(azurite.connection_string) as queues:
        queue = queues.create_queue(name)
        for body in (b"first", b"second"):
            queue.send_message(base64.b64encode(body).decode())
        with host(root, signs, "--port", "0", Queue=name, Store=azurite.connection_string) as process:
            await appears(signs / "first")
            process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.05)
            assert process.poll() is None
            (signs / "first.go").touch()
            assert await asyncio.to_thread(process.wait, 20) == 0
        left = queue.peek_messages(5)
    assert [(base64.b64decode(one.content), one.dequeue_count) for one in left] == [(b"second", 0)]
    assert not (signs / "second").exists()


@pytest.mark.process
async def test_nothing_is_taken_while_a_slow_request_is_answered(write_app, tmp_path):
    signs, ready, account = tmp_path / "signs", tmp_path / "ready.json", tmp_path / "account"
    root = write_app({"function_app.py": HEAD + BLOB})
    with host(root, signs, "--port", "0", "--ready-file", str(ready), Store=f"folder:{account}") as process:
        await appears(ready)
        async with httpx.AsyncClient(base_url=json.loads(ready.read_text())["url"]) as client:
            asking = asyncio.create_task(client.get("/api/slow"))
            await appears(signs / "slow")
            process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.05)
            (account / "input" / "late").write_bytes(b"x")
            await asyncio.sleep(0.05)
            (signs / "slow.go").touch()
            assert (await asking).text == "answered"
        assert await asyncio.to_thread(process.wait, 20) == 0
    assert not (signs / "blob").exists()


@pytest.mark.process
async def test_row_83_who_asks_too_early_is_refused_and_who_asks_again_is_answered(write_app, tmp_path):
    signs, ready = tmp_path / "signs", tmp_path / "ready.json"
    port = _free_port()
    root = write_app({"function_app.py": HEAD + SLOW})
    with host(root, signs, "--port", str(port), "--ready-file", str(ready)) as process:
        await appears(signs / "warming")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            with pytest.raises(httpx.ConnectError):
                await client.get("/api/f")
            (signs / "warming.go").touch()
            await appears(ready)
            assert (await client.get("/api/f")).text == "warm"
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 20) == 0


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


STARTED = """
import asyncio, sys
from pathlib import Path
from function_host.host import Host

async def start():
    host = Host.load(Path(sys.argv[1]))
    await host.start_functions()
    assert not host.status.errors, host.status.errors
    await host.stop()

asyncio.run(start())
heavy = ("azure.core", "azure.storage", "aiohttp", "watchdog", "numpy", "cronsim", "triggers.blob", "triggers.timer")
print([name for name in heavy if name in sys.modules])
"""


@pytest.mark.process
def test_an_app_of_http_functions_loads_nothing_of_other_triggers(write_app, tmp_path):
    root = write_app({"function_app.py": HEAD})
    command, env = [sys.executable, "-c", STARTED, str(root)], {**os.environ, "SIGNS": str(tmp_path)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
