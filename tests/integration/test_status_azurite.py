"""What is told of blob triggers, with a real Azurite as the account: at /metrics and by infra.status."""

import asyncio
import uuid
from pathlib import Path

import httpx
import pytest

from infra import status
from infra.storage import AccountStorage
from tests.function_host.conftest import process_state, running

pytestmark = pytest.mark.azurite

__all__ = ["process_state"]

APP = """
import azure.functions as func

app = func.FunctionApp()


@app.blob_trigger(arg_name="blob", path="{container}/{{name}}.txt", connection="AzureWebJobsStorage")
def upper(blob: func.InputStream) -> None:
    if blob.read() == b"bad":
        raise ValueError("bad")
"""


async def told(client: httpx.AsyncClient, *lines: str) -> str:
    """The numbers, once these are among them."""
    text = ""
    while not all(f"functions_{line}\n" in text for line in lines):
        await asyncio.sleep(0.05)
        text = (await client.get("/metrics")).text
    return text


async def test_numbers_and_status_tell_the_same(azurite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage, container = AccountStorage(azurite.connection_string), f"in-{uuid.uuid4().hex}"
    settings = {
        "AzureWebJobsStorage": azurite.connection_string,
        "AzureFunctionsWebHost__hostid": uuid.uuid4().hex,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "function_app.py").write_text(APP.format(container=container))
    (tmp_path / "host.json").write_text('{"version": "2.0", "extensions": {"blobs": {"poisonBlobThreshold": 1}}}')
    for number in range(3):
        storage.put(container, f"{number}.txt", b"good")
    storage.put(container, "bad.txt", b"bad")

    assert (await asyncio.to_thread(status, tmp_path, count=True)).functions[0].pending == 4
    async with running(tmp_path, settings) as (_, client), asyncio.timeout(20):
        text = await told(
            client, 'executions_total{function="upper"} 4.0', 'poisoned_events_total{function="upper"} 1.0'
        )
    (one,) = (await asyncio.to_thread(status, tmp_path, count=True)).functions

    assert 'functions_looks_for_events{function="upper"} 1.0' in text
    assert 'functions_failed_executions_total{function="upper"} 1.0' in text
    assert (one.pending, one.given_up) == (0, 1)
    assert one.searched_until is not None
